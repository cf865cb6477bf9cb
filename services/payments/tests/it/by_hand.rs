//! `RefundPayment`: an operator gives money back.

use catalogue::types::v1::Money;
use contracts_payments::v1::{PaymentCommandFailed, PaymentCompleted, PaymentRefunded, PaymentStatus, RefundPaymentRequest, RefundStatus};
use testkit::{Database, SOON, eventually};
use tonic::Code;
use tonic_types::StatusExt as _;

use crate::shop::{Shop, cny, line};

testkit::on_both_databases! {
    refunds_come_in_parts_up_to_the_amount
    more_than_is_left_is_refused_naming_both_amounts
    the_same_request_is_one_refund
    a_refund_that_the_provider_refuses_is_seen_at_the_payment
    a_bad_request_leaves_nothing
}

fn part(order: &str, minor_units: i64) -> RefundPaymentRequest {
    RefundPaymentRequest {
        order_id: order.into(),
        amount: Some(cny(minor_units)),
        reason: "scratched".into(),
        ..RefundPaymentRequest::default()
    }
}

async fn paid(database: Database, token: &str) -> Shop {
    let shop = Shop::on(database).await;
    shop.charge("o-1", token).await;
    let _: PaymentCompleted = shop.watch.first("o-1").await;
    shop
}

async fn refunds_come_in_parts_up_to_the_amount(database: Database) {
    let shop = paid(database, "tok_ok").await;
    let answer = shop.client().refund_payment(part("o-1", 400)).await.expect("an answer").into_inner();
    let payment = answer.payment.expect("a payment");
    assert_eq!(payment.refunds[0].refund_id, answer.refund_id);
    assert_eq!(payment.refunds[0].status(), RefundStatus::Pending);
    let refunded: PaymentRefunded = shop.watch.first("o-1").await;
    assert_eq!((refunded.amount, refunded.reason.as_str()), (Some(cny(400)), "scratched"));

    let rest = RefundPaymentRequest { payment_id: "pay-o-1".into(), ..RefundPaymentRequest::default() };
    shop.client().refund_payment(rest).await.expect("the rest");
    let refunded: PaymentRefunded = shop.watch.nth("o-1", 2).await;
    assert_eq!((refunded.amount, refunded.refunded_total), (Some(cny(600)), Some(cny(1_000))));
    let payment = shop.payment("o-1").await;
    assert_eq!((payment.status(), payment.refunded, payment.refunds.len()), (PaymentStatus::Refunded, Some(cny(1_000)), 2));
    assert!(payment.refunds.iter().all(|refund| refund.status() == RefundStatus::Completed));
}

async fn more_than_is_left_is_refused_naming_both_amounts(database: Database) {
    let shop = paid(database, "tok_ok").await;
    shop.client().refund_payment(part("o-1", 400)).await.expect("a part");
    let refused = shop.client().refund_payment(part("o-1", 601)).await.expect_err("too much");
    assert_eq!((refused.code(), refused.message()), (Code::FailedPrecondition, "601 to be refunded, 600 left, in minor units"));
    let info = refused.get_details_error_info().expect("a reason");
    assert_eq!((info.metadata["requested"].as_str(), info.metadata["left"].as_str()), ("601", "600"));
}

async fn the_same_request_is_one_refund(database: Database) {
    let shop = paid(database, "tok_ok").await;
    let request = RefundPaymentRequest { request_id: Some("r-1".into()), ..part("o-1", 400) };
    let first = shop.client().refund_payment(request.clone()).await.expect("an answer").into_inner();
    let again = shop.client().refund_payment(request.clone()).await.expect("the same answer").into_inner();
    assert_eq!(again, first);
    let other = RefundPaymentRequest { amount: Some(cny(1)), ..request };
    assert_eq!(shop.client().refund_payment(other).await.expect_err("another body").code(), Code::AlreadyExists);
    let _: PaymentRefunded = shop.watch.first("o-1").await;
    assert_eq!(shop.moved().await, [line("charge", "pay-o-1", 1_000), line("refund", &first.refund_id, 400)]);
}

async fn a_refund_that_the_provider_refuses_is_seen_at_the_payment(database: Database) {
    let shop = paid(database, "tok_refund_declined").await;
    shop.client().refund_payment(part("o-1", 400)).await.expect("an answer");
    let failed = || async { (shop.payment("o-1").await.refunds[0].status() == RefundStatus::Failed).then_some(()) };
    eventually(SOON, failed).await;
    let payment = shop.payment("o-1").await;
    assert_eq!((payment.status(), payment.refunded), (PaymentStatus::Completed, Some(cny(0))));
    assert!(shop.watch.all::<PaymentCommandFailed>("o-1").is_empty(), "no command waits for an answer");
    shop.client().refund_payment(part("o-1", 1_000)).await.expect("it is all left");
}

async fn a_bad_request_leaves_nothing(database: Database) {
    let shop = paid(database, "tok_ok").await;
    let logged = shop.process.logged("payments").await;
    let good = || part("o-1", 1);
    let of = |currency: &str, minor_units| Some(Money { minor_units, currency: currency.into() });
    for (request, code, field) in [
        (RefundPaymentRequest { order_id: String::new(), ..good() }, Code::InvalidArgument, "payment_id"),
        (RefundPaymentRequest { payment_id: "pay-o-1".into(), ..good() }, Code::InvalidArgument, "payment_id"),
        (RefundPaymentRequest { order_id: "o 1".into(), ..good() }, Code::InvalidArgument, "order_id"),
        (RefundPaymentRequest { amount: of("CNY", -1), ..good() }, Code::InvalidArgument, "amount.minor_units"),
        (RefundPaymentRequest { amount: of("CNY", 0), ..good() }, Code::InvalidArgument, "amount.minor_units"),
        (RefundPaymentRequest { amount: of("EUR", 1), ..good() }, Code::InvalidArgument, "amount.currency"),
        (RefundPaymentRequest { amount: of("yuan", 1), ..good() }, Code::InvalidArgument, "amount.currency"),
        (RefundPaymentRequest { reason: "x".repeat(501), ..good() }, Code::InvalidArgument, "reason"),
        (RefundPaymentRequest { request_id: Some("a b".into()), ..good() }, Code::InvalidArgument, "request_id"),
        (RefundPaymentRequest { order_id: "o-2".into(), ..good() }, Code::NotFound, ""),
    ] {
        let refused = shop.client().refund_payment(request.clone()).await.expect_err("refused");
        assert_eq!(refused.code(), code, "{request:?}: {refused:?}");
        let fields = refused.get_details_bad_request().map(|it| it.field_violations).unwrap_or_default();
        assert_eq!(fields.first().map(|it| it.field.as_str()).unwrap_or_default(), field, "{request:?}: {refused:?}");
    }
    assert_eq!(shop.process.logged("payments").await, logged);
    assert_eq!(shop.payment("o-1").await.refunds, []);
    assert_eq!(shop.moved().await, [line("charge", "pay-o-1", 1_000)]);
}
