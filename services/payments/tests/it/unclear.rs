//! A provider that charges and never says so: the order fails, and the money comes back.

use contracts_payments::v1::{PaymentCommandFailed, PaymentFailed, PaymentRefunded, PaymentStatus};
use testkit::{Database, SOON, eventually};

use crate::provider::Moody;
use crate::shop::{Shop, cny, line};

testkit::on_both_databases! {
    what_was_charged_in_silence_goes_back_once_the_provider_speaks
    an_undo_of_what_may_have_been_charged_is_answered_when_it_is_known
    a_provider_that_stays_silent_fails_the_undo_and_another_one_asks_again
}

/// A payment that failed although the provider has the money, and has said nothing since.
async fn unclear(database: Database, folder: &tempfile::TempDir) -> (Shop, std::sync::Arc<Moody>) {
    let provider = Moody::new(folder.path());
    provider.set(&provider.charges_in_silence, true);
    provider.set(&provider.silent, true);
    let shop = Shop::asking(database, provider.clone()).await;
    shop.charge("o-1", "tok_ok").await;
    let failed: PaymentFailed = shop.watch.first("o-1").await;
    assert_eq!((failed.reason.as_str(), failed.retriable), ("payment_timeout", true));
    (shop, provider)
}

async fn what_was_charged_in_silence_goes_back_once_the_provider_speaks(database: Database) {
    let folder = tempfile::tempdir().expect("a folder");
    let (shop, provider) = unclear(database, &folder).await;
    provider.set(&provider.silent, false);
    let refunded: PaymentRefunded = shop.watch.first("o-1").await;
    assert_eq!((refunded.amount, refunded.refund_id.as_str()), (Some(cny(1_000)), "pay-o-1-late"));
    assert_eq!(shop.moved().await, [line("charge", "pay-o-1", 1_000), line("refund", "pay-o-1-late", 1_000)]);
    assert_eq!(shop.payment("o-1").await.status(), PaymentStatus::Refunded);
}

async fn an_undo_of_what_may_have_been_charged_is_answered_when_it_is_known(database: Database) {
    let folder = tempfile::tempdir().expect("a folder");
    let (shop, provider) = unclear(database, &folder).await;
    shop.undo("o-1").await;
    provider.set(&provider.silent, false);
    let refunded: PaymentRefunded = shop.watch.first("o-1").await;
    assert_eq!(refunded.amount, Some(cny(1_000)));
    assert_eq!(shop.payment("o-1").await.status(), PaymentStatus::Refunded);
    let given_back = shop.moved().await.iter().filter(|(kind, ..)| kind == "refund").count();
    assert_eq!(given_back, 1);
}

async fn a_provider_that_stays_silent_fails_the_undo_and_another_one_asks_again(database: Database) {
    let folder = tempfile::tempdir().expect("a folder");
    let (shop, provider) = unclear(database, &folder).await;
    // The inquiry that began with the failure is given up first.
    eventually(SOON, || async { (!shop.process.dead_letters("payments").await.is_empty()).then_some(()) }).await;
    shop.undo("o-1").await;
    let failed: PaymentCommandFailed = shop.watch.first("o-1").await;
    assert_eq!(failed.command, "payments.refund");

    provider.set(&provider.silent, false);
    shop.undo("o-1").await;
    let refunded: PaymentRefunded = shop.watch.first("o-1").await;
    assert_eq!((refunded.amount, refunded.refund_id.as_str()), (Some(cny(1_000)), "undo-o-1"));
}
