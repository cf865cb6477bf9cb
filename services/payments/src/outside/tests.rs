//! What the simulated provider does, by token, and what its ledger survives.

use std::io::Write;
use std::path::Path;

use super::*;
use crate::domain::Money;

fn open(folder: &Path) -> Simulator {
    let settings = Settings { ledger: folder.join("provider/ledger.jsonl"), ..Settings::default() };
    let provider = Simulator::new(settings, || 1_700_000_000_000_000);
    provider.open().expect("the ledger opens");
    provider
}

fn call(token: &str) -> ChargeCall {
    ChargeCall { amount: Money::new(1_000, "CNY"), method: "card".into(), token: token.into() }
}

fn back(minor_units: i64) -> RefundCall {
    RefundCall { charge_key: "p".into(), amount: Money::new(minor_units, "CNY") }
}

fn declined(reason: &str) -> ProviderError {
    ProviderError::Declined { reason: reason.into() }
}

#[tokio::test]
async fn one_key_is_charged_once() {
    let folder = tempfile::tempdir().unwrap();
    let provider = open(folder.path());
    let first = provider.charge("p", &call(tokens::OK)).await.unwrap();
    assert_eq!(provider.charge("p", &call(tokens::OK)).await.unwrap(), first);
    assert_eq!(provider.ledger(0, 10).await.unwrap().len(), 1);
    let other = ChargeCall { amount: Money::new(999, "CNY"), ..call(tokens::OK) };
    assert_eq!(provider.charge("p", &other).await, Err(declined("idempotency_key_reused")));
}

#[tokio::test]
async fn the_same_key_at_the_same_time_is_charged_once() {
    let folder = tempfile::tempdir().unwrap();
    let provider = open(folder.path());
    let wanted = call(tokens::OK);
    let answers = futures::future::join_all((0..50).map(|_| provider.charge("p", &wanted))).await;
    assert!(answers.iter().all(|answer| *answer == answers[0] && answer.is_ok()), "{answers:?}");
    assert_eq!(provider.ledger(0, 10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn tokens_say_how_it_ends() {
    let folder = tempfile::tempdir().unwrap();
    let provider = open(folder.path());
    assert_eq!(provider.charge("a", &call(tokens::DECLINED)).await, Err(declined("card_declined")));
    assert_eq!(provider.charge("b", &call("tok_unheard_of")).await, Err(declined("unknown_token")));
    for _ in 0..2 {
        assert_eq!(provider.charge("c", &call(tokens::TIMEOUT)).await, Err(ProviderError::Timeout));
        assert_eq!(provider.lookup("c").await, Ok(None), "nothing was charged");
    }
    assert_eq!(provider.ledger(0, 10).await.unwrap(), []);
}

#[tokio::test]
async fn a_flaky_provider_fails_twice_per_key() {
    let folder = tempfile::tempdir().unwrap();
    let provider = open(folder.path());
    for key in ["p", "q"] {
        for _ in 0..2 {
            assert!(matches!(provider.charge(key, &call(tokens::FLAKY)).await, Err(ProviderError::Unavailable(_))));
        }
        assert!(provider.charge(key, &call(tokens::FLAKY)).await.is_ok());
        assert!(provider.charge(key, &call(tokens::FLAKY)).await.is_ok(), "and stays so");
    }
    assert_eq!(provider.ledger(0, 10).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_time_out_may_have_charged_and_looking_tells() {
    let folder = tempfile::tempdir().unwrap();
    let provider = open(folder.path());
    assert_eq!(provider.charge("p", &call(tokens::TIMEOUT_CHARGED)).await, Err(ProviderError::Timeout));
    let entry = provider.lookup("p").await.unwrap().expect("it went through");
    let again = provider.charge("p", &call(tokens::TIMEOUT_CHARGED)).await.unwrap();
    assert_eq!(again.reference, entry.reference);
    assert_eq!(provider.ledger(0, 10).await.unwrap().len(), 1, "charged once");
}

#[tokio::test]
async fn refunds_never_exceed_their_charge() {
    let folder = tempfile::tempdir().unwrap();
    let provider = open(folder.path());
    assert_eq!(provider.refund("r0", &back(1)).await, Err(declined("charge_not_found")));
    let charge = provider.charge("p", &call(tokens::OK)).await.unwrap();
    let first = provider.refund("r1", &back(600)).await.unwrap();
    assert_eq!(provider.refund("r1", &back(600)).await.unwrap(), first);
    assert_eq!(provider.refund("r2", &back(401)).await, Err(declined("exceeds_charge")));
    provider.refund("r3", &back(400)).await.unwrap();
    let entries = provider.ledger(1, 10).await.unwrap();
    assert_eq!(
        entries.iter().map(|entry| (entry.kind, entry.minor_units)).collect::<Vec<_>>(),
        [(EntryKind::Refund, 600), (EntryKind::Refund, 400)]
    );
    assert!(entries.iter().all(|entry| entry.charge_reference == charge.reference));
}

#[tokio::test]
async fn a_refund_can_be_made_to_fail() {
    let folder = tempfile::tempdir().unwrap();
    let provider = open(folder.path());
    provider.charge("p", &call(tokens::REFUND_DECLINED)).await.unwrap();
    assert_eq!(provider.refund("r", &back(1_000)).await, Err(declined("refund_declined")));
}

#[tokio::test]
async fn the_ledger_outlives_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let provider = open(folder.path());
    let first = provider.charge("p", &call(tokens::OK)).await.unwrap();
    provider.refund("r", &back(100)).await.unwrap();
    let before = provider.ledger(0, 10).await.unwrap();
    drop(provider);

    let provider = open(folder.path());
    assert_eq!(provider.ledger(0, 10).await.unwrap(), before);
    assert_eq!(provider.charge("p", &call(tokens::OK)).await.unwrap(), first);
    assert_eq!(provider.ledger(0, 10).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_torn_last_line_is_cut_off() {
    let folder = tempfile::tempdir().unwrap();
    let provider = open(folder.path());
    provider.charge("p", &call(tokens::OK)).await.unwrap();
    drop(provider);
    let path = folder.path().join("provider/ledger.jsonl");
    std::fs::OpenOptions::new().append(true).open(&path).unwrap().write_all(br#"{"idempotency_key":"q","ki"#).unwrap();

    let provider = open(folder.path());
    assert_eq!(provider.lookup("q").await, Ok(None), "nobody heard of it");
    provider.charge("q", &call(tokens::OK)).await.unwrap();
    drop(provider);
    assert_eq!(open(folder.path()).ledger(0, 10).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_ledger_that_was_written_into_does_not_open() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.jsonl");
    std::fs::write(&path, "not json\n").unwrap();
    let settings = Settings { ledger: path, ..Settings::default() };
    assert!(matches!(Simulator::new(settings, || 0).open(), Err(LedgerError::Damaged { line: 1, .. })));
}

#[tokio::test]
async fn a_provider_that_is_not_open_is_unavailable() {
    let folder = tempfile::tempdir().unwrap();
    let provider = Simulator::new(Settings { ledger: folder.path().join("ledger.jsonl"), ..Settings::default() }, || 0);
    assert!(matches!(provider.charge("p", &call(tokens::OK)).await, Err(ProviderError::Unavailable(_))));
    provider.open().unwrap();
    provider.open().expect("once more is fine");
    assert!(provider.charge("p", &call(tokens::OK)).await.is_ok());
}

#[tokio::test]
async fn one_ledger_has_one_owner() {
    let folder = tempfile::tempdir().unwrap();
    let _first = open(folder.path());
    let settings = Settings { ledger: folder.path().join("provider/ledger.jsonl"), ..Settings::default() };
    assert!(matches!(Simulator::new(settings, || 0).open(), Err(LedgerError::InUse { .. })));
}
