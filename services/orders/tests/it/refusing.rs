//! What is not accepted leaves no trace.

use catalogue::types::v1::Money;
use contracts_inventory::v1::ProductWithdrawn;
use contracts_orders::v1::*;
use orders::domain::{MAX_AMOUNT, MAX_LINES, MAX_QUANTITY};
use store::params;
use testkit::{SOON, eventually};
use tonic::Code;

use crate::shop::{Shop, item, product, refusal, request};

fn priced(item: OrderItem, minor_units: i64, currency: &str) -> OrderItem {
    OrderItem { unit_price: Some(Money { minor_units, currency: currency.into() }), ..item }
}

#[tokio::test]
async fn a_malformed_order_is_refused_naming_its_fields_and_leaves_no_trace() {
    let shop = Shop::open().await;
    shop.offer(product("moon", MAX_AMOUNT, &[])).await;
    let with = |items: Vec<OrderItem>| PlaceOrderRequest { items, ..request("o-1") };
    let shirt = |sku: &str| OrderItem { sku_id: sku.into(), ..item("shirt", 1) };
    let cases: Vec<(PlaceOrderRequest, &str)> = vec![
        (with(vec![]), "items"),
        (with(vec![item("PROD-001", 0)]), "items[0].quantity"),
        (with(vec![item("PROD-001", -1)]), "items[0].quantity"),
        (with(vec![item("PROD-001", 1), item("PROD-001", 10_001)]), "items[1].quantity"),
        (with(vec![item("PROD-999", 1)]), "items[0].product_id"),
        (with(vec![item("no id!", 1)]), "items[0].product_id"),
        (with(vec![priced(item("PROD-001", 1), 1, "CNY")]), "items[0].unit_price"),
        (with(vec![priced(item("PROD-001", 1), 699_900, "EUR")]), "items[0].unit_price"),
        (with(vec![priced(item("PROD-001", 1), 699_900, "yuan")]), "items[0].unit_price.currency"),
        (with(vec![shirt("")]), "items[0].sku_id"),
        (with(vec![shirt("xxl")]), "items[0].sku_id"),
        (with(vec![item("PROD-001", 1); 101]), "items"),
        (with(vec![item("moon", 2)]), "items"),
        (PlaceOrderRequest { user_id: String::new(), ..request("o-1") }, "user_id"),
        (PlaceOrderRequest { user_id: "u".repeat(65), ..request("o-1") }, "user_id"),
        (PlaceOrderRequest { order_id: "a.b".into(), ..request("o-1") }, "order_id"),
        (PlaceOrderRequest { payment: None, ..request("o-1") }, "payment"),
        (
            PlaceOrderRequest { payment: Some(PaymentDetails { method: "card".into(), token: String::new() }), ..request("o-1") },
            "payment.token",
        ),
    ];
    let before = shop.process.logged("orders").await;
    for (wish, field) in cases {
        // Also under a request id: a refusal is no answer to be kept.
        for request_id in [None, Some("r-1".to_owned())] {
            let wish = PlaceOrderRequest { request_id, ..wish.clone() };
            let (code, reason, fields) = refusal(&shop.try_place(wish).await.unwrap_err());
            assert_eq!((code, reason.as_str()), (Code::InvalidArgument, "INVALID_REQUEST"), "{field}");
            assert!(fields.iter().any(|it| it == field), "{field} is not in {fields:?}");
        }
    }
    assert_eq!(shop.process.logged("orders").await, before);
    for table in ["orders", "sagas", "timers", "requests"] {
        let sql = format!("SELECT COUNT(*) AS count FROM {table}");
        let row = shop.process.store("orders").row(&sql, params![]).await.unwrap().unwrap();
        assert_eq!(row.get::<i64>("count").unwrap(), 0, "{table}");
    }
}

#[test]
fn the_contract_and_the_domain_state_the_same_limits() {
    let wrong = |items: Vec<OrderItem>| {
        let found = catalogue::check(&PlaceOrderRequest { items, ..request("o-1") }).err().unwrap_or_default();
        found.into_iter().map(|violation| violation.field).collect::<Vec<_>>()
    };
    let most = i32::try_from(MAX_QUANTITY).unwrap();
    let none: [&str; 0] = [];
    assert_eq!(wrong(vec![priced(item("PROD-001", most), MAX_AMOUNT, "CNY"); MAX_LINES]), none);
    assert_eq!(wrong(vec![item("PROD-001", 1); MAX_LINES + 1]), ["items"]);
    assert_eq!(wrong(vec![item("PROD-001", most + 1)]), ["items[0].quantity"]);
    assert_eq!(wrong(vec![priced(item("PROD-001", 1), MAX_AMOUNT + 1, "CNY")]), ["items[0].unit_price.minor_units"]);
}

#[tokio::test]
async fn the_price_that_the_customer_saw_must_be_the_catalogue_s() {
    let shop = Shop::open().await;
    let wish = |price| PlaceOrderRequest { items: vec![priced(item("PROD-003", 2), price, "CNY")], ..request("") };
    assert_eq!(shop.try_place(wish(199_900)).await.unwrap().total.unwrap().minor_units, 399_800);
    let status = shop.try_place(wish(199_899)).await.unwrap_err();
    assert!(status.message().contains("199900"), "{status}");
}

#[tokio::test]
async fn what_was_withdrawn_is_unknown() {
    let shop = Shop::open().await;
    shop.offer(product("lamp", 100, &[])).await;
    shop.process.emit("inventory", ProductWithdrawn { product_id: "lamp".into(), reason: "recall".into() }).await;
    let wish = PlaceOrderRequest { items: vec![item("lamp", 1)], ..request("") };
    let status = eventually(SOON, || async { shop.try_place(wish.clone()).await.err() }).await;
    assert_eq!(refusal(&status).2, ["items[0].product_id"]);
}

#[tokio::test]
async fn products_of_two_currencies_do_not_go_into_one_order() {
    let shop = Shop::open().await;
    let mut milk = product("milk", 99, &[]);
    milk.price = Some(Money { minor_units: 99, currency: "EUR".into() });
    shop.offer(milk).await;
    let wish = PlaceOrderRequest { items: vec![item("PROD-001", 1), item("milk", 1)], ..request("") };
    assert_eq!(refusal(&shop.try_place(wish).await.unwrap_err()).2, ["items[1].product_id"]);
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let shop = Shop::open().await;
    let get = shop.client().get_order(GetOrderRequest { order_id: "nobody-s".into() }).await.unwrap_err();
    let others = [
        shop.cancel("nobody-s").await.unwrap_err(),
        shop.update("nobody-s", OrderStatus::Dispatched).await.unwrap_err(),
        shop.give_back("nobody-s", &[("PROD-001", 1)], "").await.unwrap_err(),
    ];
    for status in [get].iter().chain(&others) {
        assert_eq!(refusal(status).1, "ORDER_NOT_FOUND");
    }
    assert_eq!(refusal(&shop.retry("nobody-s").await.unwrap_err()).1, "SAGA_NOT_FOUND");
}
