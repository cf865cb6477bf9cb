//! Time-outs: of a step, of an undo, of the whole.

use contracts_orders::v1::*;
use orders::order_saga::plan::{CHARGE, RESERVE, SHIPMENT};
use service_host::config::Config;
use testkit::Database;

use crate::participants::{Do, Undo};
use crate::shop::Shop;

fn short(step_ms: u64, whole_ms: u64) -> impl FnOnce(&mut Config) {
    move |config| {
        config.saga.step_timeout_ms = step_ms;
        config.saga.timeout_ms = whole_ms;
    }
}

testkit::on_both_databases! {
    a_step_without_an_answer_in_time_turns_the_saga_round
}

async fn a_step_without_an_answer_in_time_turns_the_saga_round(database: Database) {
    let shop = Shop::with(database, short(2_000, 60_000)).await;
    let ways = [
        ("lost-1", RESERVE, Do::Lost, "saga_timeout", vec![RESERVE]),
        ("late-2", CHARGE, Do::Late, "payment_timeout", vec![CHARGE, RESERVE]),
        ("lost-2", CHARGE, Do::Lost, "payment_timeout", vec![CHARGE, RESERVE]),
        ("late-3", SHIPMENT, Do::Late, "shipping_failed", vec![SHIPMENT, CHARGE, RESERVE]),
    ];
    for (id, step, what, ..) in &ways {
        shop.script.on_do(id, step, *what);
        shop.place(id).await;
    }
    for (id, _, _, reason, undone) in ways {
        let order = shop.until(id, OrderStatus::Cancelled).await;
        assert_eq!((order.status_reason.as_str(), shop.script.undos(id)), (reason, undone), "{id}");
        assert!(order.saga.unwrap().error.ends_with("no answer in time"), "{id}");
        assert!(shop.script.in_effect(id).is_empty(), "{id}: what comes after its undo is refused");
        shop.assert_row_is_the_sum_of_events(id).await;
    }
    shop.assert_at_rest().await;
}

#[tokio::test]
async fn a_saga_that_takes_too_long_as_a_whole_is_turned_round() {
    let shop = Shop::with(Database::Sqlite, short(2_000, 2_000)).await;
    shop.script.on_do("o-1", SHIPMENT, Do::Late);
    shop.place("o-1").await;
    // Its own timer is due later than that of the whole, which began before.
    let order = shop.until("o-1", OrderStatus::Cancelled).await;
    assert_eq!((order.status_reason.as_str(), shop.script.undos("o-1")), ("saga_timeout", vec![SHIPMENT, CHARGE, RESERVE]));
    shop.assert_at_rest().await;
}

#[tokio::test]
async fn an_undo_without_an_answer_in_time_counts_as_failed() {
    let shop = Shop::with(Database::Sqlite, short(2_000, 2_000)).await; // an undo may take five times the whole
    shop.script.on_do("o-1", CHARGE, Do::Refuse("payment_declined"));
    shop.script.on_undo("o-1", RESERVE, Undo::Silent);
    shop.place("o-1").await;
    let order = shop.until("o-1", OrderStatus::CompensationFailed).await;
    assert_eq!(order.status_reason, "payment_declined");
    shop.script.on_undo("o-1", RESERVE, Undo::Good);
    shop.retry("o-1").await.unwrap();
    shop.until("o-1", OrderStatus::Cancelled).await;
    shop.assert_at_rest().await;
}

#[tokio::test]
async fn an_order_in_time_is_left_alone() {
    let shop = Shop::with(Database::Sqlite, short(2_000, 2_000)).await;
    let order = shop.confirmed("o-1").await;
    shop.assert_at_rest().await;
    assert_eq!(order.saga.unwrap().state(), SagaState::Completed);
}
