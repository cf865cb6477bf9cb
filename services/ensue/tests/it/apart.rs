//! Services in processes of their own.

use contracts::orders::v1::OrderStatus;

use crate::shop::{Shop, order, setup};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn services_in_several_processes_are_the_same_shop() {
    let mut shop = Shop::with(setup().serving(&["orders", "inventory", "events"])).await;
    let beside = setup().serving(&["payments", "shipping", "notifications"]).beside(&shop.system).start().await;
    let there = beside.clients();
    (shop.clients.payments, shop.clients.shipping, shop.clients.notifications) = (there.payments, there.shipping, there.notifications);

    shop.product("apple", "Apple", 10, 100).await;
    shop.ends_as(order("o-1", &[("apple", 2)], "tok_ok"), OrderStatus::Confirmed, "").await;
    shop.ends_as(order("o-2", &[("apple", 2)], "tok_declined"), OrderStatus::Cancelled, "payment_declined").await;
    assert_eq!(shop.charges().await.len(), 1);
    shop.told("o-1", "order_confirmed").await;

    let (here, there) = (shop.system.url(), beside.url());
    let servers = format!("{here},payments={there},shipping={there},notifications={there}");
    let said = shop.system.run(["check", "--settle", "120s", "--server", &servers]).await.good();
    assert!(said.contains("everything agrees: 2 orders, 1 product"), "{said}");
}
