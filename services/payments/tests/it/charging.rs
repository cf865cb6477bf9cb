//! `payments.charge`, by each token of the simulator.

use contracts_payments::v1::{PaymentCompleted, PaymentFailed, PaymentStatus};
use testkit::Database;

use crate::shop::{Shop, cny, customer, line};

testkit::on_both_databases! {
    a_charge_is_completed_and_stands_in_the_providers_ledger
    a_declined_charge_fails_for_good
    a_time_out_fails_after_all_tries_and_nothing_was_charged
    a_time_out_whose_charge_went_through_is_found_and_charged_once
    a_provider_that_is_away_is_asked_again
    the_same_order_is_charged_once
}

async fn a_charge_is_completed_and_stands_in_the_providers_ledger(database: Database) {
    let shop = Shop::on(database).await;
    shop.charge("o-1", "tok_ok").await;
    let completed: PaymentCompleted = shop.watch.first("o-1").await;
    assert_eq!((completed.payment_id.as_str(), completed.method.as_str()), ("pay-o-1", "card"));
    assert_eq!((completed.amount, completed.customer), (Some(cny(1_000)), Some(customer())));
    let [charged] = &shop.ledger().await[..] else { panic!("one charge") };
    assert_eq!((charged.idempotency_key.as_str(), &charged.provider_reference), ("pay-o-1", &completed.provider_reference));

    let payment = shop.payment("o-1").await;
    assert_eq!((payment.status(), payment.provider_reference), (PaymentStatus::Completed, completed.provider_reference));
    assert_eq!((payment.amount, payment.refunded, payment.user_id.as_str()), (Some(cny(1_000)), Some(cny(0)), "user-1"));
}

async fn a_declined_charge_fails_for_good(database: Database) {
    let shop = Shop::on(database).await;
    shop.charge("o-1", "tok_declined").await;
    let failed: PaymentFailed = shop.watch.first("o-1").await;
    assert_eq!((failed.reason.as_str(), failed.retriable), ("payment_declined", false));
    assert_eq!((failed.payment_id.as_str(), failed.amount, failed.customer), ("pay-o-1", Some(cny(1_000)), Some(customer())));
    assert_eq!(shop.moved().await, []);
    let payment = shop.payment("o-1").await;
    assert_eq!((payment.status(), payment.reason.as_str()), (PaymentStatus::Failed, "payment_declined"));
    assert_eq!(shop.process.dead_letters("payments").await, [], "a no is an answer");
}

async fn a_time_out_fails_after_all_tries_and_nothing_was_charged(database: Database) {
    let shop = Shop::on(database).await;
    shop.charge("o-1", "tok_timeout").await;
    let failed: PaymentFailed = shop.watch.first("o-1").await;
    assert_eq!((failed.reason.as_str(), failed.retriable), ("payment_timeout", true));
    assert_eq!(shop.moved().await, []);
    assert_eq!(shop.payment("o-1").await.status(), PaymentStatus::Failed);
    assert_eq!(shop.process.dead_letters("payments").await, [], "the saga was told");
}

async fn a_time_out_whose_charge_went_through_is_found_and_charged_once(database: Database) {
    let shop = Shop::on(database).await;
    shop.charge("o-1", "tok_timeout_charged").await;
    let completed: PaymentCompleted = shop.watch.first("o-1").await;
    assert_eq!(shop.moved().await, [line("charge", "pay-o-1", 1_000)]);
    assert_eq!(shop.ledger().await[0].provider_reference, completed.provider_reference);
}

async fn a_provider_that_is_away_is_asked_again(database: Database) {
    let shop = Shop::on(database).await;
    shop.charge("o-1", "tok_flaky").await;
    let _: PaymentCompleted = shop.watch.first("o-1").await;
    assert_eq!(shop.moved().await, [line("charge", "pay-o-1", 1_000)]);
}

async fn the_same_order_is_charged_once(database: Database) {
    let shop = Shop::on(database).await;
    shop.charge("o-1", "tok_ok").await;
    shop.charge("o-1", "tok_ok").await;
    // Commands of one order are obeyed in order: the answer to the third says that the second is through.
    shop.charge("o-1", "tok_ok").await;
    shop.undo("o-1").await;
    let _: contracts_payments::v1::PaymentRefunded = shop.watch.first("o-1").await;
    assert_eq!(shop.watch.all::<PaymentCompleted>("o-1").len(), 1);
    assert_eq!(shop.moved().await, [line("charge", "pay-o-1", 1_000), line("refund", "undo-o-1", 1_000)]);
}
