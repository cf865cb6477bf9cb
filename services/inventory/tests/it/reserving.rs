//! Holding stock for orders, and letting it go.

use contracts_inventory::v1::{ReservationState, StockReleased, StockReservationFailed, StockReserved, WithdrawRequest};
use testkit::Database;

use crate::shop::{Shop, customer, line, product, release, reserve};

testkit::on_both_databases! {
    an_order_is_held_whole_or_not_at_all
    unknown_and_withdrawn_products_are_not_found
    variants_are_held_apart
    a_released_order_gives_back_what_it_held_once
    a_release_before_its_reserve_refuses_the_late_reserve
    an_order_that_asks_again_is_answered_again_and_held_once
    a_restart_forgets_nothing
}

async fn an_order_is_held_whole_or_not_at_all(database: Database) {
    let shop = Shop::start(database).await;
    shop.stock("apple", 10).await.stock("pear", 1).await;

    shop.send(reserve("order-1", &[("apple", 2), ("pear", 5)])).await;
    let failed: StockReservationFailed = shop.watch.first("order-1").await;
    assert_eq!((failed.reason.as_str(), failed.product_id.as_str()), ("insufficient_stock", "pear"));
    assert_eq!((failed.available, failed.requested), (1, 5));
    assert_eq!(failed.customer, Some(customer()));
    assert_eq!((shop.pieces("apple").await, shop.pieces("pear").await), ((10, 0), (1, 0)));
    assert_eq!(shop.reservations().await, []);

    shop.send(reserve("order-2", &[("apple", 2), ("pear", 1)])).await;
    let reserved: StockReserved = shop.watch.first("order-2").await;
    let items: Vec<_> = reserved.items.iter().map(|item| (item.product_id.as_str(), item.quantity, item.remaining_stock)).collect();
    assert_eq!(items, [("apple", 2, 8), ("pear", 1, 0)]);
    assert_eq!((shop.pieces("apple").await, shop.pieces("pear").await), ((10, 2), (1, 1)));
    let held = shop.reservations().await;
    assert_eq!((held.len(), held[0].order_id.as_str(), held[0].state()), (1, "order-2", ReservationState::Open));
    assert_eq!(held[0].lines, [line("apple", 2), line("pear", 1)]);
}

async fn unknown_and_withdrawn_products_are_not_found(database: Database) {
    let shop = Shop::start(database).await;
    shop.stock("pear", 5).await;
    shop.send(reserve("order-1", &[("ghost", 1)])).await;
    let failed: StockReservationFailed = shop.watch.first("order-1").await;
    assert_eq!((failed.reason.as_str(), failed.product_id.as_str(), failed.requested), ("product_not_found", "ghost", 1));

    let request = WithdrawRequest { product_id: "pear".to_owned(), reason: "out of season".to_owned(), request_id: None };
    assert!(shop.calls().withdraw(request).await.unwrap().into_inner().product.unwrap().withdrawn);
    shop.send(reserve("order-2", &[("pear", 1)])).await;
    let failed: StockReservationFailed = shop.watch.first("order-2").await;
    assert_eq!((failed.reason.as_str(), failed.product_id.as_str()), ("product_not_found", "pear"));
}

async fn variants_are_held_apart(database: Database) {
    let shop = Shop::start(database).await;
    let sku = |sku_id: &str, stock| contracts_inventory::v1::Sku { sku_id: sku_id.to_owned(), name: sku_id.to_owned(), stock, reserved: 0 };
    let shirt = shop.create(contracts_inventory::v1::Product { skus: vec![sku("s", 3), sku("m", 50)], ..product("shirt", 0) }).await;
    assert_eq!(shirt.stock, 53);

    let mut wanted = reserve("order-1", &[("shirt", 4)]);
    wanted.lines[0].sku_id = "s".to_owned();
    shop.send(wanted.clone()).await;
    let failed: StockReservationFailed = shop.watch.first("order-1").await;
    assert_eq!((failed.sku_id.as_str(), failed.available, failed.requested), ("s", 3, 4));

    wanted.order_id = "order-2".to_owned();
    wanted.lines[0].quantity = 3;
    shop.send(wanted).await;
    let reserved: StockReserved = shop.watch.first("order-2").await;
    assert_eq!((reserved.items[0].sku_id.as_str(), reserved.items[0].remaining_stock), ("s", 0));
    let shirt = shop.product("shirt").await;
    assert_eq!(
        shirt.skus.iter().map(|sku| (sku.sku_id.as_str(), sku.stock, sku.reserved)).collect::<Vec<_>>(),
        [("s", 3, 3), ("m", 50, 0)]
    );
    assert_eq!((shirt.stock, shirt.reserved), (53, 3));
}

async fn a_released_order_gives_back_what_it_held_once(database: Database) {
    let shop = Shop::start(database).await;
    shop.stock("apple", 20).await;
    shop.send(reserve("order-1", &[("apple", 3)])).await;
    shop.send(release("order-1")).await;
    shop.send(release("order-1")).await;

    let released: StockReleased = shop.watch.first("order-1").await;
    assert_eq!((released.lines.as_slice(), released.was_deducted), ([line("apple", 3)].as_slice(), false));
    assert_eq!((released.reason.as_str(), released.customer), ("customer_request", Some(customer())));
    let again: StockReleased = shop.watch.nth("order-1", 2).await;
    assert_eq!(again.lines, [], "answered, with nothing");
    assert_eq!(shop.pieces("apple").await, (20, 0));
    assert_eq!(shop.reservations().await[0].state(), ReservationState::Released);
}

async fn a_release_before_its_reserve_refuses_the_late_reserve(database: Database) {
    let shop = Shop::start(database).await;
    shop.stock("apple", 20).await;
    shop.send(release("order-1")).await;
    let released: StockReleased = shop.watch.first("order-1").await;
    assert_eq!(released.lines, [], "answered, with nothing");

    shop.send(reserve("order-1", &[("apple", 3)])).await;
    // Behind it on the same key: when this is answered, the late one was dealt with.
    shop.send(release("order-1")).await;
    let _: StockReleased = shop.watch.nth("order-1", 2).await;
    assert_eq!(shop.watch.all::<StockReserved>("order-1"), []);
    assert_eq!(shop.pieces("apple").await, (20, 0));
    assert_eq!(shop.process.dead_letters("inventory").await, []);
}

async fn an_order_that_asks_again_is_answered_again_and_held_once(database: Database) {
    let shop = Shop::start(database).await;
    shop.stock("apple", 5).await;
    shop.send(reserve("order-1", &[("apple", 3)])).await;
    shop.send(reserve("order-1", &[("apple", 3)])).await;
    let first: StockReserved = shop.watch.nth("order-1", 1).await;
    let again: StockReserved = shop.watch.nth("order-1", 2).await;
    assert_eq!(first, again);
    assert_eq!(shop.pieces("apple").await, (5, 3));
}

async fn a_restart_forgets_nothing(database: Database) {
    let mut shop = Shop::start(database).await;
    shop.stock("apple", 20).await;
    shop.send(reserve("order-1", &[("apple", 3)])).await;
    let _: StockReserved = shop.watch.first("order-1").await;
    shop.process.restart().await;
    assert_eq!(shop.pieces("apple").await, (20, 3));
    shop.send(reserve("order-2", &[("apple", 4)])).await;
    let _: StockReserved = shop.watch.first("order-2").await;
    assert_eq!(shop.pieces("apple").await, (20, 7));
    assert_eq!(shop.watch.all::<StockReserved>("order-1").len(), 1);
}
