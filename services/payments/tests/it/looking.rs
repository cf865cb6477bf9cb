//! `GetPayment`, `ListPayments`, `ListProviderCharges`.

use contracts_payments::v1::{
    GetPaymentRequest, ListPaymentsRequest, ListProviderChargesRequest, Payment, PaymentCompleted, PaymentFailed, PaymentStatus,
};
use testkit::Database;
use tonic::Code;

use crate::shop::Shop;

testkit::on_both_databases! {
    a_payment_is_found_by_either_id
    payments_are_listed_newest_first_in_pages
    the_providers_ledger_is_listed_oldest_first_in_pages
}

fn orders(payments: &[Payment]) -> Vec<&str> {
    payments.iter().map(|payment| payment.order_id.as_str()).collect()
}

/// Five payments one after the other, the third declined.
async fn five(database: Database) -> Shop {
    let shop = Shop::on(database).await;
    for order in 1..=5 {
        let order_id = format!("o-{order}");
        if order == 3 {
            shop.charge(&order_id, "tok_declined").await;
            let _: PaymentFailed = shop.watch.first(&order_id).await;
        } else {
            shop.charge(&order_id, "tok_ok").await;
            let _: PaymentCompleted = shop.watch.first(&order_id).await;
        }
    }
    shop
}

async fn a_payment_is_found_by_either_id(database: Database) {
    let shop = five(database).await;
    let request = GetPaymentRequest { payment_id: "pay-o-2".into(), ..GetPaymentRequest::default() };
    let found = shop.client().get_payment(request).await.expect("a payment").into_inner().payment.expect("a payment");
    assert_eq!(found, shop.payment("o-2").await);
    let of = |payment_id: &str, order_id: &str| GetPaymentRequest { payment_id: payment_id.into(), order_id: order_id.into() };
    for (request, code) in [
        (of("", ""), Code::InvalidArgument),
        (of("pay-o-1", "o-1"), Code::InvalidArgument),
        (of("pay-o-9", ""), Code::NotFound),
        (of("", "o-9"), Code::NotFound),
        (of("", &"o".repeat(65)), Code::InvalidArgument),
    ] {
        assert_eq!(shop.client().get_payment(request.clone()).await.expect_err("none").code(), code, "{request:?}");
    }
}

async fn payments_are_listed_newest_first_in_pages(database: Database) {
    let shop = five(database).await;
    let list = |request: ListPaymentsRequest| async { shop.client().list_payments(request).await.map(tonic::Response::into_inner) };
    let all = ListPaymentsRequest::default;
    let first = list(ListPaymentsRequest { page_size: 2, ..all() }).await.expect("a page");
    assert_eq!(orders(&first.payments), ["o-5", "o-4"]);
    let next = |token: &str| ListPaymentsRequest { page_size: 2, page_token: token.into(), ..all() };
    let second = list(next(&first.next_page_token)).await.expect("a page");
    assert_eq!(orders(&second.payments), ["o-3", "o-2"]);
    let last = list(next(&second.next_page_token)).await.expect("a page");
    assert_eq!((orders(&last.payments), last.next_page_token.as_str()), (vec!["o-1"], ""));

    let failed = list(ListPaymentsRequest { status: PaymentStatus::Failed.into(), ..all() }).await.expect("a page");
    assert_eq!(orders(&failed.payments), ["o-3"]);
    let one = list(ListPaymentsRequest { order_id: "o-4".into(), ..all() }).await.expect("a page");
    assert_eq!(orders(&one.payments), ["o-4"]);
    let (from, to) = (shop.payment("o-2").await.created_at, shop.payment("o-4").await.created_at);
    let between = list(ListPaymentsRequest { from, to, ..all() }).await.expect("a page");
    assert_eq!(orders(&between.payments), ["o-3", "o-2"]);

    for bad in [
        ListPaymentsRequest { status: 99, ..all() },
        ListPaymentsRequest { page_size: -1, ..all() },
        ListPaymentsRequest { page_token: "x".into(), ..all() },
        ListPaymentsRequest { order_id: "o-4".into(), ..next(&first.next_page_token) },
    ] {
        assert_eq!(list(bad.clone()).await.expect_err("refused").code(), Code::InvalidArgument, "{bad:?}");
    }
}

async fn the_providers_ledger_is_listed_oldest_first_in_pages(database: Database) {
    let shop = five(database).await;
    let list = |request: ListProviderChargesRequest| async {
        let page = shop.client().list_provider_charges(request).await.expect("a page").into_inner();
        (page.charges.into_iter().map(|charge| charge.idempotency_key).collect::<Vec<_>>(), page.next_page_token)
    };
    let (first, token) = list(ListProviderChargesRequest { page_size: 3, ..Default::default() }).await;
    assert_eq!(first, ["pay-o-1", "pay-o-2", "pay-o-4"]);
    let (last, token) = list(ListProviderChargesRequest { page_size: 3, page_token: token, ..Default::default() }).await;
    assert_eq!((last, token.as_str()), (vec!["pay-o-5".to_owned()], ""));
    let (one, _) = list(ListProviderChargesRequest { idempotency_key: "pay-o-4".into(), ..Default::default() }).await;
    assert_eq!(one, ["pay-o-4"]);
    let (none, _) = list(ListProviderChargesRequest { idempotency_key: "pay-o-3".into(), ..Default::default() }).await;
    assert_eq!(none, [""; 0]);
}
