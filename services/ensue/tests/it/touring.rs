//! The three products and two customers of the README's tour, and what they come to.

use contracts::orders::v1::{OrderStatus, PlaceOrderRequest};
use contracts::types::v1::Money;

use crate::answers::{text, whole};
use crate::shop::{Shop, order, types};

fn of(user: &str, order: PlaceOrderRequest) -> PlaceOrderRequest {
    PlaceOrderRequest { user_id: user.to_owned(), ..order }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_products_two_customers() {
    let shop = Shop::open().await;
    shop.product("PROD-001", "iPhone 15", 100, 699_900).await;
    shop.product("PROD-002", "MacBook Pro", 50, 1_499_900).await;
    shop.product("PROD-003", "AirPods Pro", 200, 199_900).await;

    let placed = shop.place(of("user-123", order("", &[("PROD-001", 2), ("PROD-003", 1)], "tok_ok"))).await;
    assert_eq!(placed.status(), OrderStatus::Pending);
    assert_eq!(placed.total, Some(Money { minor_units: 1_599_700, currency: "CNY".to_owned() }));
    let confirmed = shop.ended(&placed.order_id).await;
    assert_eq!(confirmed.status(), OrderStatus::Confirmed);
    let history = shop.history(&placed.order_id, "inventory.deducted").await;
    assert_eq!((shop.look("PROD-001").await.stock, shop.look("PROD-003").await.stock), (98, 199));

    let refused = of("user-456", order("", &[("PROD-002", 100)], "tok_ok"));
    let refused = shop.ends_as(refused, OrderStatus::Cancelled, "insufficient_stock").await;
    let why = shop.history(&refused.order_id, "order.cancelled").await;
    let failed = why.iter().find(|event| event.r#type == "inventory.reservation_failed").expect("a reason").data.clone().expect("data");
    assert_eq!(text(&failed, "reason"), "insufficient_stock");
    assert_eq!((whole(&failed, "available"), whole(&failed, "requested")), (50, 100));
    assert_eq!(shop.look("PROD-002").await.stock, 50);

    // Type and time, in order.
    let printed = shop.system.run(["events", "list", "--aggregate", "order", "--key", &placed.order_id, "--source", "orders"]).await.good();
    let lines: Vec<(&str, &str)> = printed.lines().filter_map(|line| line.split_once("  ")).collect();
    assert!(lines.is_sorted_by_key(|(time, _)| *time), "{printed}");
    assert!(lines.iter().all(|(time, _)| time.len() >= "2026-11-21T09:35:01Z".len() && time.ends_with('Z')), "{printed}");
    let kept =
        |events: &[&str]| events.iter().filter(|type_| type_.starts_with("order.")).map(|type_| (*type_).to_owned()).collect::<Vec<_>>();
    let printed_types: Vec<&str> = lines.iter().filter_map(|(_, rest)| rest.split("  ").next()).collect();
    assert_eq!(kept(&printed_types), kept(&types(&history)));
    assert_eq!(kept(&printed_types).first().map(String::as_str), Some("order.placed"));
    assert!(kept(&printed_types).iter().any(|type_| type_ == "order.confirmed"), "{printed}");
    shop.agrees().await;
}
