//! `inventory.low_stock`: once per crossing.

use contracts_inventory::v1::{LowStock, Product, RestockRequest, StockReserved};
use testkit::Database;

use crate::shop::{Shop, product, reserve};

testkit::on_both_databases! {
    low_stock_is_said_once_per_crossing_and_again_after_it_rose_above
}

async fn low_stock_is_said_once_per_crossing_and_again_after_it_rose_above(database: Database) {
    let shop = Shop::start(database).await;
    shop.stock("apple", 12).await;
    let take = async |order_id: &str, quantity| {
        shop.send(reserve(order_id, &[("apple", quantity)])).await;
        let _: StockReserved = shop.watch.first(order_id).await;
    };
    take("order-1", 2).await; // 10 is not below 10
    take("order-2", 1).await;
    let low: LowStock = shop.watch.first("apple").await;
    assert_eq!((low.stock, low.threshold, low.name.as_str()), (9, 10, "a apple"));
    take("order-3", 1).await; // said already

    let more = RestockRequest { product_id: "apple".to_owned(), quantity: 3, ..RestockRequest::default() };
    shop.calls().restock(more).await.unwrap();
    take("order-4", 2).await;
    let low: LowStock = shop.watch.nth("apple", 2).await;
    assert_eq!(low.stock, 9, "11 armed it again");

    shop.create(Product { low_stock_threshold: Some(2), ..product("plum", 4) }).await;
    shop.send(reserve("order-5", &[("plum", 3)])).await;
    let low: LowStock = shop.watch.first("plum").await;
    assert_eq!((low.stock, low.threshold), (1, 2));
    // One relay publishes in order: whatever was said of apples before has been seen by now.
    assert_eq!(shop.watch.all::<LowStock>("apple").len(), 2);
}
