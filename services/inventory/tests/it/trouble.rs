//! What the database refuses, and what becomes of a command while it does.

use contracts_inventory::v1::{InventoryCommandFailed, StockReserved};
use store::{StoreError, params};
use testkit::Database;

use crate::shop::{Shop, reserve};

testkit::on_both_databases! {
    the_database_itself_keeps_stock_from_going_below_zero
    a_command_that_keeps_failing_is_a_dead_letter_and_its_saga_is_told
}

async fn run(shop: &Shop, sql: &'static str) -> Result<u64, StoreError> {
    shop.process.store("inventory").write(move |work| Box::pin(async move { work.execute(sql, params![]).await })).await
}

async fn the_database_itself_keeps_stock_from_going_below_zero(database: Database) {
    let shop = Shop::start(database).await;
    shop.stock("apple", 5).await;
    for sql in [
        "UPDATE variants SET stock = -1 WHERE product_id = 'apple'",
        "UPDATE variants SET reserved = -1 WHERE product_id = 'apple'",
        "UPDATE variants SET reserved = 6 WHERE product_id = 'apple'",
    ] {
        let refused = run(&shop, sql).await.unwrap_err();
        assert!(matches!(refused, StoreError::Refused(_)), "{sql}: {refused}");
    }
    assert_eq!(shop.pieces("apple").await, (5, 0));
}

async fn a_command_that_keeps_failing_is_a_dead_letter_and_its_saga_is_told(database: Database) {
    let shop = Shop::start(database).await;
    shop.stock("apple", 5).await;
    run(&shop, "ALTER TABLE reservations RENAME TO hidden").await.unwrap();
    shop.send(reserve("order-1", &[("apple", 1)])).await;
    let failed: InventoryCommandFailed = shop.watch.first("order-1").await;
    assert_eq!(failed.command, "inventory.reserve");
    assert!(failed.error.contains("reservations"), "{failed:?}");
    let dead = shop.process.dead_letters("inventory").await;
    assert_eq!((dead.len(), dead[0].reason.as_str(), dead[0].type_.as_str()), (1, "exhausted", "inventory.reserve"));

    run(&shop, "ALTER TABLE hidden RENAME TO reservations").await.unwrap();
    shop.send(reserve("order-2", &[("apple", 1)])).await;
    let _: StockReserved = shop.watch.first("order-2").await;
    assert_eq!(shop.pieces("apple").await, (5, 1), "the failed one held nothing");
}
