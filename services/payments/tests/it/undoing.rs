//! `payments.refund`: whatever the charge has come to, who asked for its undo gets an answer.

use contracts_payments::v1::{
    ChargePayment, PaymentCommandFailed, PaymentCompleted, PaymentFailed, PaymentRefunded, PaymentStatus, RefundPayment,
};
use payments::config::{Payments, Simulator};
use testkit::Database;

use crate::shop::{Shop, charge, cny, customer, line, undo};

testkit::on_both_databases! {
    an_undo_gives_everything_back
    a_part_goes_back_and_an_undo_gives_back_the_rest
    an_undo_of_a_failed_payment_says_that_there_was_nothing
    an_undo_before_its_charge_refuses_the_late_charge
    an_undo_waits_for_the_charge_before_it
    a_refused_undo_is_told_and_can_be_tried_again
    a_part_that_is_too_much_is_told
    the_refund_behind_a_dead_charge_runs
}

async fn an_undo_gives_everything_back(database: Database) {
    let shop = Shop::on(database).await;
    shop.charge("o-1", "tok_ok").await;
    let _: PaymentCompleted = shop.watch.first("o-1").await;
    shop.undo("o-1").await;
    let refunded: PaymentRefunded = shop.watch.first("o-1").await;
    assert_eq!((refunded.amount, refunded.refunded_total), (Some(cny(1_000)), Some(cny(1_000))));
    assert_eq!((refunded.refund_id.as_str(), refunded.reason.as_str()), ("undo-o-1", "shipping_failed"));
    assert_eq!(refunded.customer, Some(customer()));
    assert_eq!(shop.payment("o-1").await.status(), PaymentStatus::Refunded);
    assert_eq!(shop.moved().await, [line("charge", "pay-o-1", 1_000), line("refund", "undo-o-1", 1_000)]);
}

async fn a_part_goes_back_and_an_undo_gives_back_the_rest(database: Database) {
    let shop = Shop::on(database).await;
    shop.charge("o-1", "tok_ok").await;
    let _: PaymentCompleted = shop.watch.first("o-1").await;
    let part = RefundPayment { refund_id: "part".into(), amount: Some(cny(300)), ..undo("o-1") };
    shop.process.emit("orders", part).await;
    let refunded: PaymentRefunded = shop.watch.first("o-1").await;
    assert_eq!((refunded.amount, refunded.refunded_total), (Some(cny(300)), Some(cny(300))));
    assert_eq!(shop.payment("o-1").await.status(), PaymentStatus::PartiallyRefunded);
    shop.undo("o-1").await;
    let refunded: PaymentRefunded = shop.watch.nth("o-1", 2).await;
    assert_eq!((refunded.amount, refunded.refunded_total), (Some(cny(700)), Some(cny(1_000))));
}

async fn an_undo_of_a_failed_payment_says_that_there_was_nothing(database: Database) {
    let shop = Shop::on(database).await;
    shop.charge("o-1", "tok_timeout").await;
    let _: PaymentFailed = shop.watch.first("o-1").await;
    shop.undo("o-1").await;
    let refunded: PaymentRefunded = shop.watch.first("o-1").await;
    assert_eq!(refunded.amount, Some(cny(0)));
    assert_eq!(shop.moved().await, []);
}

async fn an_undo_before_its_charge_refuses_the_late_charge(database: Database) {
    let shop = Shop::on(database).await;
    shop.undo("o-1").await;
    let refunded: PaymentRefunded = shop.watch.first("o-1").await;
    assert_eq!((refunded.amount, refunded.payment_id.as_str()), (None, ""));
    shop.charge("o-1", "tok_ok").await;
    shop.undo("o-1").await;
    let _: PaymentRefunded = shop.watch.nth("o-1", 2).await;
    assert_eq!(shop.moved().await, []);
    assert_eq!(shop.payment("o-1").await.status(), PaymentStatus::Voided);
}

async fn an_undo_waits_for_the_charge_before_it(database: Database) {
    let slow = Payments { simulator: Simulator { latency_ms: 200, answer_ms: 0 }, ..Payments::default() };
    let shop = Shop::with(database, |config| config.put(slow)).await;
    shop.charge("o-1", "tok_ok").await;
    shop.undo("o-1").await;
    let refunded: PaymentRefunded = shop.watch.first("o-1").await;
    assert_eq!(refunded.amount, Some(cny(1_000)));
    assert_eq!(shop.watch.all::<PaymentCompleted>("o-1").len(), 1, "the charge had its answer first");
    assert_eq!(shop.moved().await, [line("charge", "pay-o-1", 1_000), line("refund", "undo-o-1", 1_000)]);

    // Each answer follows from its own command, so that the conversation reads as it was.
    let seen = shop.watch.messages();
    let causes: Vec<&str> = seen.iter().map(|message| message.causation_id.as_str()).collect();
    assert_eq!(causes.len(), 2);
    assert_ne!(causes[0], causes[1]);
}

async fn a_refused_undo_is_told_and_can_be_tried_again(database: Database) {
    let shop = Shop::on(database).await;
    shop.charge("o-1", "tok_refund_declined").await;
    for number in 1..=2 {
        shop.undo("o-1").await;
        let failed: PaymentCommandFailed = shop.watch.nth("o-1", number).await;
        assert_eq!((failed.command.as_str(), failed.error.as_str()), ("payments.refund", "refund_declined"));
        assert_eq!(failed.refund_id, undo("o-1").refund_id);
        assert!(!failed.command_id.is_empty());
    }
    assert_eq!(shop.payment("o-1").await.status(), PaymentStatus::Completed, "the money is still in");
}

async fn a_part_that_is_too_much_is_told(database: Database) {
    let shop = Shop::on(database).await;
    shop.charge("o-1", "tok_ok").await;
    let _: PaymentCompleted = shop.watch.first("o-1").await;
    shop.process.emit("orders", RefundPayment { amount: Some(cny(1_001)), ..undo("o-1") }).await;
    let failed: PaymentCommandFailed = shop.watch.first("o-1").await;
    assert_eq!((failed.command.as_str(), failed.error.as_str()), ("payments.refund", "1001 to be refunded, 1000 left, in minor units"));
    assert_eq!(failed.refund_id, undo("o-1").refund_id);
    assert_eq!(shop.process.dead_letters("payments").await, [], "a no is an answer");
}

async fn the_refund_behind_a_dead_charge_runs(database: Database) {
    let shop = Shop::on(database).await;
    shop.process.emit("orders", ChargePayment { amount: None, ..charge("o-1", "tok_ok") }).await;
    shop.undo("o-1").await;
    let failed: PaymentCommandFailed = shop.watch.first("o-1").await;
    assert_eq!(failed.command, "payments.charge");
    assert!(failed.error.contains("amount"), "{}", failed.error);
    let refunded: PaymentRefunded = shop.watch.first("o-1").await;
    assert_eq!(refunded.amount, None);
    let [letter] = &shop.process.dead_letters("payments").await[..] else { panic!("one dead letter") };
    assert_eq!((letter.type_.as_str(), letter.key.as_str(), letter.reason.as_str()), ("payments.charge", "o-1", "rejected"));
}
