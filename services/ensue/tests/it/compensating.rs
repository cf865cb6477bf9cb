//! Orders that don't go through: every earlier step is undone in reverse order, and the customer is told.

use contracts::orders::v1::{Order, OrderStatus, PlaceOrderRequest, SagaState, SagaStepState};

use crate::answers::text;
use crate::shop::{Shop, order, types};

async fn open() -> Shop {
    let shop = Shop::open().await;
    shop.product("apple", "Apple", 10, 100).await;
    shop.product("pear", "Pear", 3, 250).await;
    shop
}

/// The states of its steps in their order.
fn steps(order: &Order) -> Vec<SagaStepState> {
    let saga = order.saga.as_ref().expect("a ledger");
    assert_eq!(saga.state(), SagaState::Compensated);
    saga.steps.iter().map(|step| step.state()).collect()
}

/// These happened, in this order; other things may be in between.
fn in_order(happened: &[&str], expected: &[&str]) {
    let mut left = happened.iter();
    for type_ in expected {
        assert!(left.any(|happened| happened == type_), "{type_} is not there in its turn: {happened:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_declined_payment_gives_the_stock_back() {
    let shop = open().await;
    let order = shop.ends_as(order("o-1", &[("apple", 2)], "tok_declined"), OrderStatus::Cancelled, "payment_declined").await;
    assert_eq!(steps(&order)[..2], [SagaStepState::Compensated, SagaStepState::Failed]);
    let history = shop.history("o-1", "order.cancelled").await;
    in_order(&by_time(&history), &["order.placed", "inventory.reserved", "payment.failed", "inventory.released", "order.cancelled"]);
    assert!(!types(&history).contains(&"shipment.created"));
    let apple = shop.look("apple").await;
    assert_eq!((apple.stock, apple.reserved), (10, 0));
    assert!(shop.charges().await.is_empty());
    shop.told("o-1", "order_cancelled").await;
    shop.agrees().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_little_in_the_second_line_holds_nothing_of_the_first() {
    let shop = open().await;
    let wish = order("o-1", &[("apple", 2), ("pear", 5)], "tok_ok");
    shop.ends_as(wish, OrderStatus::Cancelled, "insufficient_stock").await;
    let history = shop.history("o-1", "order.cancelled").await;
    let failed = history.iter().find(|event| event.r#type == "inventory.reservation_failed").expect("a reason");
    assert_eq!(text(failed.data.as_ref().expect("data"), "product_id"), "pear");
    for product in ["apple", "pear"] {
        assert_eq!(shop.look(product).await.reserved, 0, "{product}");
    }
    assert!(shop.charges().await.is_empty());
    shop.told("o-1", "inventory_reservation_failed").await;
    shop.told("o-1", "order_cancelled").await;
    shop.agrees().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shipment_that_fails_gives_money_and_then_stock_back() {
    let shop = open().await;
    let mut wish: PlaceOrderRequest = order("o-1", &[("apple", 2)], "tok_ok");
    wish.shipping_address.as_mut().expect("an address").lines = vec!["fail-shipping".to_owned()];
    let order = shop.ends_as(wish, OrderStatus::Cancelled, "shipping_failed").await;
    assert_eq!(steps(&order)[..3], [SagaStepState::Compensated, SagaStepState::Compensated, SagaStepState::Failed]);
    let history = shop.history("o-1", "order.cancelled").await;
    let expected =
        ["inventory.reserved", "payment.completed", "shipment.failed", "payment.refunded", "inventory.released", "order.cancelled"];
    in_order(&by_time(&history), &expected);
    let ledger = shop.charges().await;
    let kinds: Vec<&str> = ledger.iter().map(|entry| entry.kind.as_str()).collect();
    assert_eq!(kinds, ["charge", "refund"]);
    assert_eq!(ledger[0].amount, ledger[1].amount);
    shop.told("o-1", "payment_refunded").await;
    shop.told("o-1", "order_cancelled").await;
    shop.agrees().await;
}

/// The events of all services about one order, by their times: a command waits for the answer to the one before it.
fn by_time(history: &[contracts::events::v1::Event]) -> Vec<&str> {
    let mut events: Vec<_> = history.iter().filter(|event| event.kind == "event").collect();
    events.sort_by_key(|event| event.time.as_ref().map(|time| (time.seconds, time.nanos)));
    events.iter().map(|event| event.r#type.as_str()).collect()
}
