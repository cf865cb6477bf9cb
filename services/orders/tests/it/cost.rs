//! What a transition costs the store, in statements: the writer of a SQLite store runs them all in one thread.

use contracts_inventory::v1::Product;
use contracts_orders::v1::PlaceOrderRequest;
use messaging::Cause;
use orders::commands::place_order;
use orders::order_saga::plan::{CHARGE, RESERVE, SHIPMENT};
use orders::order_saga::{Course, OrderSaga};
use orders::store::catalogue;
use saga::Input;
use service_host::Refusal;
use service_host::config;
use store::{Clock, Migration, Place, Store, StoreError};

use crate::shop::{product, request};

const TABLES: &[Migration] = &[Migration { version: 1, name: "orders", sql: include_str!("../../migrations/0001_orders.sql") }];

async fn statements(store: &Store, input: Input) -> u64 {
    let counted = store.write::<_, StoreError, _>(move |work| {
        Box::pin(async move {
            let saga = OrderSaga::new(&config::Saga::default());
            let mut course = Course::load("o-1", work).await?.expect("an order");
            let cause = Cause { causation_id: "answer".into(), actor: "orders-saga".into(), ..Cause::default() };
            assert!(saga.feed(&mut course, input, &cause, work).await?);
            Ok(work.statements())
        })
    });
    counted.await.unwrap()
}

#[tokio::test]
async fn placing_an_order_and_every_transition_take_few_statements() {
    let folder = std::env::temp_dir().join(format!("ensue-cost-{}", messaging::root_id()));
    let store = Store::open(&Place::Sqlite { folder: folder.clone() }, "orders", TABLES, Clock::system()).await.unwrap();
    let wanted: Vec<Product> = vec![product("PROD-001", 699_900, &[]), product("PROD-003", 199_900, &[])];
    let placed = store.write::<_, Refusal, _>(move |work| {
        Box::pin(async move {
            for product in &wanted {
                catalogue::put(product, work).await?;
            }
            let before = work.statements();
            let saga = OrderSaga::new(&config::Saga::default());
            let wish = PlaceOrderRequest { order_id: "o-1".into(), ..request("") };
            place_order(&saga, &wish, &Cause::root("c-1"), work).await?;
            Ok(work.statements() - before)
        })
    });
    // Is the id taken? What do the products cost? The order, its saga, its timers.
    assert_eq!(placed.await.unwrap(), 5);
    // The order with its saga, in one; the saga, its timer, the order.
    for step in [RESERVE, CHARGE, SHIPMENT] {
        assert_eq!(statements(&store, Input::done(step)).await, 4, "{step}");
    }
    // Nothing happens to the order before all is undone.
    assert_eq!(statements(&store, Input::cancel("customer_request")).await, 3);
    store.close().await;
    std::fs::remove_dir_all(folder).unwrap();
}
