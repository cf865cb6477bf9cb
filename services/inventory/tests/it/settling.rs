//! What becomes of held stock when orders are confirmed, cancelled late, and sent back.

use contracts_inventory::v1::{
    DeductStock, InventoryCommandFailed, ReservationState, ReturnStock, StockChanged, StockDeducted, StockReleased, StockReturned,
};
use testkit::Database;

use crate::shop::{Shop, line, release, reserve};

testkit::on_both_databases! {
    a_confirmed_order_leaves_the_shelf_for_good
    an_order_that_holds_nothing_can_not_be_deducted_and_its_saga_is_told
    a_late_cancel_brings_back_what_was_deducted
    returned_goods_are_back_once_for_each_return
}

fn deduct(order_id: &str) -> DeductStock {
    DeductStock { order_id: order_id.to_owned() }
}

fn give_back(order_id: &str, return_id: &str, quantity: i32) -> ReturnStock {
    ReturnStock { order_id: order_id.to_owned(), return_id: return_id.to_owned(), lines: vec![line("phone", quantity)] }
}

async fn a_confirmed_order_leaves_the_shelf_for_good(database: Database) {
    let shop = Shop::start(database).await;
    shop.stock("phone", 100).await.stock("buds", 200).await;
    shop.send(reserve("order-1", &[("phone", 2), ("buds", 1)])).await;
    shop.send(deduct("order-1")).await;
    shop.send(deduct("order-1")).await;

    let deducted: StockDeducted = shop.watch.first("order-1").await;
    assert_eq!(deducted.lines, [line("phone", 2), line("buds", 1)]);
    let again: StockDeducted = shop.watch.nth("order-1", 2).await;
    assert_eq!(again, deducted, "answered again, done once");
    assert_eq!((shop.pieces("phone").await, shop.pieces("buds").await), ((98, 0), (199, 0)));

    let created: StockChanged = shop.watch.first("phone").await;
    assert_eq!((created.delta, created.stock, created.cause.as_str()), (100, 100, "created"));
    let changed: StockChanged = shop.watch.nth("phone", 2).await;
    assert_eq!((changed.delta, changed.stock, changed.available), (-2, 98, 98));
    assert_eq!((changed.cause.as_str(), changed.order_id.as_str()), ("deducted", "order-1"));
    assert_eq!(shop.watch.all::<StockChanged>("phone").len(), 2);
    assert_eq!(shop.reservations().await[0].state(), ReservationState::Deducted);
}

async fn an_order_that_holds_nothing_can_not_be_deducted_and_its_saga_is_told(database: Database) {
    let shop = Shop::start(database).await;
    shop.send(deduct("order-1")).await;
    let failed: InventoryCommandFailed = shop.watch.first("order-1").await;
    assert_eq!((failed.command.as_str(), failed.error.as_str()), ("inventory.deduct", "order order-1 holds no stock"));
    let dead = shop.process.dead_letters("inventory").await;
    assert_eq!((dead.len(), dead[0].reason.as_str(), dead[0].key.as_str()), (1, "rejected", "order-1"));

    // It is out of the way of what comes behind it.
    shop.stock("apple", 5).await;
    shop.send(reserve("order-1", &[("apple", 1)])).await;
    shop.send(deduct("order-1")).await;
    let _: StockDeducted = shop.watch.first("order-1").await;
}

async fn a_late_cancel_brings_back_what_was_deducted(database: Database) {
    let shop = Shop::start(database).await;
    shop.stock("phone", 100).await;
    shop.send(reserve("order-1", &[("phone", 2)])).await;
    shop.send(deduct("order-1")).await;
    shop.send(release("order-1")).await;
    let released: StockReleased = shop.watch.first("order-1").await;
    assert_eq!((released.lines.as_slice(), released.was_deducted), ([line("phone", 2)].as_slice(), true));
    let changed: StockChanged = shop.watch.nth("phone", 3).await;
    assert_eq!((changed.delta, changed.stock, changed.cause.as_str()), (2, 100, "released"));
    assert_eq!(shop.pieces("phone").await, (100, 0));
}

async fn returned_goods_are_back_once_for_each_return(database: Database) {
    let shop = Shop::start(database).await;
    shop.stock("phone", 100).await;
    shop.send(reserve("order-1", &[("phone", 3)])).await;
    shop.send(deduct("order-1")).await;
    shop.send(give_back("order-1", "return-1", 1)).await;
    shop.send(give_back("order-1", "return-1", 1)).await;
    let returned: StockReturned = shop.watch.nth("order-1", 2).await;
    assert_eq!((returned.return_id.as_str(), returned.lines.as_slice()), ("return-1", [line("phone", 1)].as_slice()));
    assert_eq!(shop.pieces("phone").await, (98, 0), "the same return twice is one");

    shop.send(give_back("order-1", "return-2", 3)).await;
    let failed: InventoryCommandFailed = shop.watch.first("order-1").await;
    assert_eq!((failed.command.as_str(), failed.error.as_str()), ("inventory.return", "product phone: 3 to be returned, 2 left to return"));
    shop.send(give_back("order-1", "return-3", 2)).await;
    let changed: StockChanged = shop.watch.nth("phone", 4).await;
    assert_eq!((changed.stock, changed.cause.as_str()), (100, "returned"));
}
