//! Orders that are cancelled: on their way, when they are confirmed, and too late.

use contracts_orders::v1::*;
use contracts_shipping::v1::{ShipmentCreated, ShipmentDispatched};
use orders::order_saga::plan::{CHARGE, RESERVE, SHIPMENT};
use testkit::{Database, SOON, eventually};
use tonic::Code;

use crate::participants::{Do, Undo};
use crate::shop::{Shop, refusal};

testkit::on_both_databases! {
    an_order_on_its_way_is_turned_round
    a_confirmed_order_is_undone_from_the_start
    many_cancellations_at_once_end_every_order_once
}

async fn an_order_on_its_way_is_turned_round(database: Database) {
    let shop = Shop::on(database).await;
    let way = [(RESERVE, vec![RESERVE]), (CHARGE, vec![CHARGE, RESERVE]), (SHIPMENT, vec![SHIPMENT, CHARGE, RESERVE])];
    for (step, undone) in way {
        // Done, but nobody hears of it: the order waits there, and what may have happened is undone too.
        shop.script.on_do(step, step, Do::Late);
        shop.place(step).await;
        shop.until_step(step, step, SagaStepState::Running).await;
        eventually(SOON, || async { shop.script.asked(step).contains(&(step, false)).then_some(()) }).await;
        shop.cancel(step).await.unwrap();
        let order = shop.until(step, OrderStatus::Cancelled).await;
        assert_eq!((order.status_reason.as_str(), shop.script.undos(step)), ("customer_request", undone));
        assert!(shop.script.in_effect(step).is_empty());
        assert_eq!(order.saga.unwrap().error, "", "a cancellation is no error");
        shop.assert_row_is_the_sum_of_events(step).await;
    }
    shop.assert_at_rest().await;
}

async fn a_confirmed_order_is_undone_from_the_start(database: Database) {
    let shop = Shop::on(database).await;
    let events = shop.process.watch("events.order.>").await;
    shop.confirmed("o-1").await;
    let request = CancelOrderRequest { order_id: "o-1".into(), reason: "wrong size".into(), ..Default::default() };
    let answer = shop.client().cancel_order(request).await.unwrap().into_inner().order.unwrap();
    assert_eq!(answer.saga.unwrap().state(), SagaState::Compensating);
    assert_eq!(shop.cancel("o-1").await.unwrap().saga.unwrap().state(), SagaState::Compensating, "asking again changes nothing");
    let order = shop.until("o-1", OrderStatus::Cancelled).await;
    assert_eq!((order.status_reason.as_str(), shop.script.undos("o-1")), ("customer_request", vec![SHIPMENT, CHARGE, RESERVE]));
    let cancelled = events.first::<OrderCancelled>("o-1").await;
    assert_eq!((cancelled.reason.as_str(), cancelled.detail.as_str()), ("customer_request", "wrong size"), "the first word counts");
    let (code, reason, _) = refusal(&shop.cancel("o-1").await.unwrap_err());
    assert_eq!((code, reason.as_str()), (Code::FailedPrecondition, "FORBIDDEN_TRANSITION"));
    shop.assert_row_is_the_sum_of_events("o-1").await;
    shop.assert_at_rest().await;
}

async fn many_cancellations_at_once_end_every_order_once(database: Database) {
    let shop = Shop::on(database).await;
    let ids: Vec<String> = (0..20).map(|at| format!("o-{at}")).collect();
    let both = ids.iter().map(|id| async {
        shop.place(id).await;
        // Together with the answers of the participants, and with one another.
        let (one, other) = futures::join!(shop.cancel(id), shop.cancel(id));
        assert!(one.is_ok() || other.is_ok(), "{one:?} {other:?}");
    });
    futures::future::join_all(both).await;
    for id in &ids {
        shop.until(id, OrderStatus::Cancelled).await;
        assert!(shop.script.in_effect(id).is_empty(), "{id}");
        shop.assert_row_is_the_sum_of_events(id).await;
    }
    shop.assert_at_rest().await;
}

#[tokio::test]
async fn a_dispatched_order_cannot_be_cancelled() {
    let shop = Shop::open().await;
    shop.confirmed("o-1").await;
    shop.update("o-1", OrderStatus::Dispatched).await.unwrap();
    let status = shop.cancel("o-1").await.unwrap_err();
    assert_eq!(refusal(&status).0, Code::FailedPrecondition);
    assert!(status.message().contains("DISPATCHED") && status.message().contains("CANCELLED"), "{status}");
    assert!(shop.script.undos("o-1").is_empty());
}

#[tokio::test]
async fn a_cancellation_that_loses_the_race_against_the_carrier_leaves_the_order_as_it_was() {
    let shop = Shop::open().await;
    let events = shop.process.watch("events.order.>").await;
    shop.script.on_undo("o-1", SHIPMENT, Undo::TooLate);
    shop.confirmed("o-1").await;
    shop.cancel("o-1").await.unwrap();
    let order = shop.until_it("o-1", |order| order.saga.as_ref().unwrap().state() == SagaState::Completed).await;
    assert_eq!((order.status(), shop.script.undos("o-1")), (OrderStatus::Confirmed, vec![SHIPMENT]), "no money and no goods moved");
    dispatch(&shop, "o-1").await;
    shop.until("o-1", OrderStatus::Dispatched).await;
    assert_eq!(events.all::<OrderConfirmed>("o-1").len(), 1, "told once");
    shop.assert_at_rest().await;
}

#[tokio::test]
async fn the_parcel_itself_may_be_the_first_to_say_that_it_is_too_late() {
    let shop = Shop::open().await;
    shop.script.on_undo("o-1", SHIPMENT, Undo::Silent);
    shop.confirmed("o-1").await;
    shop.cancel("o-1").await.unwrap();
    let status = shop.update("o-1", OrderStatus::Dispatched).await.unwrap_err();
    assert_eq!(refusal(&status).1, "BEING_CANCELLED", "what is on its way back is no operator's to move");
    dispatch(&shop, "o-1").await;
    let order = shop.until("o-1", OrderStatus::Dispatched).await;
    assert_eq!((order.saga.unwrap().state(), shop.script.undos("o-1")), (SagaState::Completed, vec![SHIPMENT]));
    shop.assert_row_is_the_sum_of_events("o-1").await;
    shop.assert_at_rest().await;
}

#[tokio::test]
async fn an_order_that_was_shipped_while_it_was_cancelled_goes_on_to_its_end() {
    let shop = Shop::open().await;
    shop.script.on_do("o-1", SHIPMENT, Do::Late);
    shop.script.on_undo("o-1", SHIPMENT, Undo::TooLate);
    shop.place("o-1").await;
    shop.until("o-1", OrderStatus::Shipping).await;
    shop.cancel("o-1").await.unwrap();
    let order = shop.until("o-1", OrderStatus::Confirmed).await;
    assert_eq!((order.saga.unwrap().state(), shop.script.undos("o-1")), (SagaState::Completed, vec![SHIPMENT]));
    dispatch(&shop, "o-1").await;
    shop.until("o-1", OrderStatus::Dispatched).await;
    shop.assert_at_rest().await;
}

#[tokio::test]
async fn a_late_answer_to_a_cancelled_order_changes_nothing() {
    let shop = Shop::open().await;
    shop.script.on_do("o-1", SHIPMENT, Do::Late);
    shop.place("o-1").await;
    shop.until("o-1", OrderStatus::Shipping).await;
    shop.cancel("o-1").await.unwrap();
    let order = shop.until("o-1", OrderStatus::Cancelled).await;
    shop.process.emit("shipping", ShipmentCreated { order_id: "o-1".into(), shipment_id: "ship-2".into(), ..Default::default() }).await;
    shop.confirmed("o-2").await;
    assert_eq!(shop.order("o-1").await, order);
}

async fn dispatch(shop: &Shop, order_id: &str) {
    let event = ShipmentDispatched { order_id: order_id.into(), shipment_id: "ship-1".into(), ..Default::default() };
    shop.process.emit("shipping", event).await;
}
