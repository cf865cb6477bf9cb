//! Many at the same time for the same few pieces.

use contracts_inventory::v1::{RestockRequest, StockReservationFailed, StockReserved};
use testkit::{Database, SOON, eventually};

use crate::shop::{Shop, reserve};

testkit::on_both_databases! {
    two_hundred_orders_for_a_hundred_pieces_hold_exactly_a_hundred
    restocking_and_reserving_at_once_lose_nothing
}

/// Waits until so many orders are answered: how many hold something, and how many do not.
async fn answered(shop: &Shop, orders: usize) -> (usize, usize) {
    eventually(SOON * 2, || async {
        let (held, refused) = (shop.watch.count("inventory.reserved"), shop.watch.count("inventory.reservation_failed"));
        (held + refused == orders).then_some((held, refused))
    })
    .await
}

async fn two_hundred_orders_for_a_hundred_pieces_hold_exactly_a_hundred(database: Database) {
    let shop = Shop::start(database).await;
    shop.stock("phone", 100).await;
    let ids: Vec<String> = (0..200).map(|number| format!("order-{number}")).collect();
    futures::future::join_all(ids.iter().map(|id| shop.send(reserve(id, &[("phone", 1)])))).await;

    assert_eq!(answered(&shop, 200).await, (100, 100));
    assert_eq!(shop.pieces("phone").await, (100, 100));
    for id in &ids {
        let (held, refused) = (shop.watch.all::<StockReserved>(id).len(), shop.watch.all::<StockReservationFailed>(id).len());
        assert_eq!(held + refused, 1, "{id} is answered once");
    }
    assert_eq!(shop.process.dead_letters("inventory").await, []);
}

async fn restocking_and_reserving_at_once_lose_nothing(database: Database) {
    let shop = Shop::start(database).await;
    shop.stock("phone", 100).await.stock("buds", 100).await;
    let restock = |at: usize| {
        let mut calls = shop.calls();
        let product_id = if at.is_multiple_of(2) { "phone" } else { "buds" }.to_owned();
        async move { calls.restock(RestockRequest { product_id, quantity: 3, ..RestockRequest::default() }).await.map(|_| ()) }
    };
    // Lines in opposite orders: they must not wait for each other.
    let order = |at: usize| {
        let lines = if at.is_multiple_of(2) { [("phone", 1), ("buds", 1)] } else { [("buds", 1), ("phone", 1)] };
        let id = format!("order-{at}");
        let shop = &shop;
        async move { shop.send(reserve(&id, &lines)).await }
    };
    let (restocked, ()) = futures::join!(futures::future::join_all((0..40).map(restock)), async {
        futures::future::join_all((0..80).map(order)).await;
    });
    assert!(restocked.iter().all(Result::is_ok), "{restocked:?}");
    assert_eq!(answered(&shop, 80).await, (80, 0));
    assert_eq!((shop.pieces("phone").await, shop.pieces("buds").await), ((160, 80), (160, 80)));
}
