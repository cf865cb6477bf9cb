//! A broker that goes away, and one that comes back with nothing.

use contracts_inventory::v1::{RestockRequest, StockReserved};
use testkit::{Database, SOON, eventually};

use crate::shop::{Shop, reserve};

testkit::on_both_databases! {
    while_the_broker_is_down_calls_are_taken_and_commands_wait
    a_broker_that_lost_everything_costs_no_piece
}

async fn held(shop: &Shop, pieces: i64) {
    eventually(SOON * 2, || async { (shop.pieces("apple").await.1 == pieces).then_some(()) }).await;
}

async fn while_the_broker_is_down_calls_are_taken_and_commands_wait(database: Database) {
    let shop = Shop::start(database).await;
    shop.stock("apple", 100).await;
    shop.send(reserve("order-0", &[("apple", 1)])).await;
    held(&shop, 1).await;

    shop.process.nats().kill();
    for number in 1..=20 {
        shop.send(reserve(&format!("order-{number}"), &[("apple", 1)])).await;
    }
    let more = RestockRequest { product_id: "apple".to_owned(), quantity: 5, ..RestockRequest::default() };
    assert_eq!(shop.calls().restock(more).await.unwrap().into_inner().product.unwrap().stock, 105);
    shop.process.nats().restart().await;

    held(&shop, 21).await;
    assert_eq!(shop.pieces("apple").await, (105, 21));
}

async fn a_broker_that_lost_everything_costs_no_piece(database: Database) {
    let shop = Shop::start(database).await;
    shop.stock("apple", 100).await;
    for number in 0..10 {
        shop.send(reserve(&format!("order-{number}"), &[("apple", 1)])).await;
    }
    held(&shop, 10).await;

    shop.process.nats().kill();
    for number in 10..20 {
        shop.send(reserve(&format!("order-{number}"), &[("apple", 1)])).await;
    }
    shop.process.nats().wipe_store();
    shop.process.nats().restart().await;
    held(&shop, 20).await;

    // What is published again is no new order, and what comes after it is still heard.
    shop.send(reserve("order-20", &[("apple", 1)])).await;
    let _: StockReserved = shop.watch.first("order-20").await;
    assert_eq!(shop.pieces("apple").await, (100, 21));
    assert_eq!(shop.reservations().await.len(), 21);
    assert_eq!(shop.process.dead_letters("inventory").await, []);
}
