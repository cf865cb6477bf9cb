//! Orders that do not go well: what was done is undone in reverse, and the customer is told why.

use catalogue::system::v1::SystemError;
use contracts_inventory::v1::ReleaseStock;
use contracts_orders::v1::*;
use contracts_payments::v1::RefundPayment;
use orders::order_saga::plan::{CHARGE, CONFIRM, RESERVE, SHIPMENT};
use testkit::Database;
use tonic::Code;

use crate::participants::{Do, Undo};
use crate::shop::{Shop, refusal, steps};

testkit::on_both_databases! {
    too_little_stock_ends_an_order_before_anything_is_done
    a_declined_payment_lets_the_stock_go
    a_shipping_failure_gives_the_money_back_and_then_the_stock
    a_failed_undo_waits_for_an_operator
}

async fn too_little_stock_ends_an_order_before_anything_is_done(database: Database) {
    let shop = Shop::on(database).await;
    let events = shop.process.watch("events.order.>").await;
    shop.script.on_do("o-1", RESERVE, Do::Refuse("insufficient_stock"));
    shop.script.on_do("o-2", RESERVE, Do::Refuse("product_not_found"));
    shop.place("o-1").await;
    shop.place("o-2").await;

    let cancelled: OrderCancelled = events.first("o-1").await;
    assert_eq!((cancelled.reason.as_str(), cancelled.detail.as_str()), ("insufficient_stock", "PROD-002: available 50, requested 100"));
    assert_eq!(cancelled.customer.unwrap().contact.unwrap().locale, "zh-CN");
    assert_eq!(events.first::<OrderCancelled>("o-2").await.reason, "product_not_found");
    let order = shop.until("o-1", OrderStatus::Cancelled).await;
    assert_eq!(order.status_reason, "insufficient_stock");
    assert_eq!(shop.script.asked("o-1"), [(RESERVE, false)], "nothing was done, so nothing is undone");
    let told: OrderStatusUpdated = events.first("o-1").await;
    assert_eq!(
        (told.previous_status(), told.status(), told.reason.as_str()),
        (OrderStatus::Pending, OrderStatus::Cancelled, "insufficient_stock")
    );
    shop.assert_row_is_the_sum_of_events("o-1").await;
    shop.assert_at_rest().await;
}

async fn a_declined_payment_lets_the_stock_go(database: Database) {
    let shop = Shop::on(database).await;
    let commands = shop.process.watch("commands.>").await;
    shop.script.on_do("o-1", CHARGE, Do::Refuse("payment_declined"));
    shop.script.on_do("o-2", CHARGE, Do::Refuse("payment_timeout"));
    for (id, reason) in [("o-1", "payment_declined"), ("o-2", "payment_timeout")] {
        shop.place(id).await;
        let order = shop.until(id, OrderStatus::Cancelled).await;
        assert_eq!((order.status_reason.as_str(), shop.script.undos(id)), (reason, vec![RESERVE]));
        assert_eq!(commands.first::<ReleaseStock>(id).await.reason, reason);
        use SagaStepState::*;
        let found = steps(&order);
        assert_eq!(found.iter().map(|(_, state)| *state).collect::<Vec<_>>(), [Compensated, Failed, Pending, Pending]);
        assert!(order.saga.unwrap().error.starts_with("the payment"));
    }
    shop.assert_at_rest().await;
}

async fn a_shipping_failure_gives_the_money_back_and_then_the_stock(database: Database) {
    let shop = Shop::on(database).await;
    let commands = shop.process.watch("commands.>").await;
    shop.script.on_do("o-1", SHIPMENT, Do::Refuse("no courier"));
    shop.place("o-1").await;
    let order = shop.until("o-1", OrderStatus::Cancelled).await;
    assert_eq!((order.status_reason.as_str(), shop.script.undos("o-1")), ("shipping_failed", vec![CHARGE, RESERVE]));
    assert!(order.saga.unwrap().error.ends_with("no courier"));
    let refund: RefundPayment = commands.first("o-1").await;
    assert_eq!((refund.amount, refund.reason.as_str()), (None, "shipping_failed"), "all that is left");
    shop.assert_row_is_the_sum_of_events("o-1").await;
    shop.assert_at_rest().await;
}

async fn a_failed_undo_waits_for_an_operator(database: Database) {
    let shop = Shop::on(database).await;
    let errors = shop.process.watch("events.system.>").await;
    shop.script.on_do("o-1", SHIPMENT, Do::Refuse("no courier"));
    shop.script.on_undo("o-1", CHARGE, Undo::FailOnce);
    shop.place("o-1").await;
    let order = shop.until("o-1", OrderStatus::CompensationFailed).await;
    assert_eq!(order.status_reason, "shipping_failed", "why it was turned round, not what the undo met");
    assert_eq!(shop.script.undos("o-1"), [CHARGE, RESERVE], "a failed undo does not stop the others");
    let saga = order.saga.clone().unwrap();
    assert_eq!((saga.state(), saga.error.ends_with("no courier")), (SagaState::CompensationFailed, true), "the first error stays");
    assert_eq!(saga.steps[1].error, "payments.refund: 4 attempts");

    let raised: SystemError = errors.first("orders-saga").await;
    assert_eq!((raised.code.as_str(), raised.event_key.as_str()), ("undo_failed", "o-1"));
    assert!(raised.message.contains("undo of charge"), "{}", raised.message);
    let list = ListSagasRequest { state: SagaState::CompensationFailed.into(), ..Default::default() };
    let listed = shop.client().list_sagas(list).await.unwrap().into_inner().sagas;
    assert_eq!(listed, [saga]);
    assert_eq!(refusal(&shop.cancel("o-1").await.unwrap_err()).0, Code::FailedPrecondition);

    assert_eq!(shop.retry("o-1").await.unwrap().state(), SagaState::Compensating);
    let order = shop.until("o-1", OrderStatus::Cancelled).await;
    assert_eq!(shop.script.undos("o-1"), [CHARGE, RESERVE, CHARGE], "only what had failed");
    assert_eq!((order.status_reason.as_str(), steps(&order)[1].1), ("shipping_failed", SagaStepState::Compensated));
    let (code, reason, _) = refusal(&shop.retry("o-1").await.unwrap_err());
    assert_eq!((code, reason.as_str()), (Code::FailedPrecondition, "NOTHING_TO_RETRY"));
    shop.assert_row_is_the_sum_of_events("o-1").await;
}

#[tokio::test]
async fn a_step_that_was_given_up_may_have_happened_and_is_undone_too() {
    let shop = Shop::open().await;
    for (step, reason, undone) in [
        (RESERVE, "saga_timeout", vec![RESERVE]),
        (CHARGE, "payment_timeout", vec![CHARGE, RESERVE]),
        (SHIPMENT, "shipping_failed", vec![SHIPMENT, CHARGE, RESERVE]),
    ] {
        shop.script.on_do(step, step, Do::Exhaust);
        shop.place(step).await;
        let order = shop.until(step, OrderStatus::Cancelled).await;
        assert_eq!((order.status_reason.as_str(), shop.script.undos(step)), (reason, undone));
        assert!(shop.script.in_effect(step).is_empty());
    }
    shop.assert_at_rest().await;
}

#[tokio::test]
async fn an_operator_may_settle_by_hand_what_could_not_be_undone() {
    let shop = Shop::open().await;
    shop.script.on_do("o-1", CHARGE, Do::Refuse("payment_declined"));
    shop.script.on_undo("o-1", RESERVE, Undo::FailOnce);
    shop.place("o-1").await;
    shop.until("o-1", OrderStatus::CompensationFailed).await;
    let order = shop.update("o-1", OrderStatus::Cancelled).await.unwrap();
    // The ledger is made good too: nobody finds it open, and nobody undoes once more what was settled.
    assert_eq!(steps(&order)[0].1, SagaStepState::Compensated);
    assert_eq!((order.status(), order.saga.unwrap().state()), (OrderStatus::Cancelled, SagaState::Compensated));
    let list = ListSagasRequest { state: SagaState::CompensationFailed.into(), ..Default::default() };
    assert_eq!(shop.client().list_sagas(list).await.unwrap().into_inner().sagas, []);
    let (code, reason, _) = refusal(&shop.retry("o-1").await.unwrap_err());
    assert_eq!((code, reason.as_str()), (Code::FailedPrecondition, "NOTHING_TO_RETRY"));
    assert_eq!(shop.script.undos("o-1"), [RESERVE]);
    let cancelled = shop.events("o-1").await.into_iter().filter(|event| matches!(event, orders::domain::Event::Cancelled { .. }));
    assert_eq!(cancelled.count(), 1);
    shop.assert_row_is_the_sum_of_events("o-1").await;
    shop.assert_at_rest().await;
}

#[tokio::test]
async fn the_ledger_names_every_step() {
    let shop = Shop::open().await;
    shop.confirmed("o-1").await;
    let names: Vec<String> = steps(&shop.order("o-1").await).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, [RESERVE, CHARGE, SHIPMENT, CONFIRM]);
}
