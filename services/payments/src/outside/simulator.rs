//! A provider that is driven by the token it is paid with, so that every branch can be walked by hand.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use futures::future::BoxFuture;

use super::ledger::Ledger;
use super::{ChargeCall, Entry, EntryKind, LedgerError, PaymentProvider, ProviderError, Receipt, RefundCall};

/// The tokens that the simulator knows; any other is declined as `unknown_token`.
pub mod tokens {
    /// Charged.
    pub const OK: &str = "tok_ok";
    /// Declined as `card_declined`.
    pub const DECLINED: &str = "tok_declined";
    /// Times out each time, and nothing is charged.
    pub const TIMEOUT: &str = "tok_timeout";
    /// Times out the first time although the charge went through.
    pub const TIMEOUT_CHARGED: &str = "tok_timeout_charged";
    /// Unavailable for the first two calls of each key, then charged.
    pub const FLAKY: &str = "tok_flaky";
    /// Charged, but a refund of it is declined as `refund_declined`: the way to an undo that fails for good.
    pub const REFUND_DECLINED: &str = "tok_refund_declined";
}

/// How often [`tokens::FLAKY`] is unavailable per key. Counted in memory: a restart begins anew.
const FLAKY_FAILURES: u32 = 2;

/// How the simulator runs.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Its ledger; made if it is not there.
    pub ledger: PathBuf,
    /// How long every call takes, at least.
    pub latency: Duration,
    /// How long the answer to a charge or refund takes after it was done: time to be killed in between.
    pub answer: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self { ledger: PathBuf::from("data/provider/ledger.jsonl"), latency: Duration::ZERO, answer: Duration::ZERO }
    }
}

/// The provider that is built in.
pub struct Simulator {
    ledger: OnceLock<Ledger>,
    path: PathBuf,
    latency: Duration,
    answer: Duration,
    now_us: Arc<dyn Fn() -> i64 + Send + Sync>,
    flaky_calls: Mutex<HashMap<String, u32>>,
}

impl Simulator {
    /// A provider that is unavailable until it [opens](Self::open). `now_us` answers microseconds since 1970 UTC.
    pub fn new(settings: Settings, now_us: impl Fn() -> i64 + Send + Sync + 'static) -> Self {
        let Settings { ledger: path, latency, answer } = settings;
        Self { ledger: OnceLock::new(), path, latency, answer, now_us: Arc::new(now_us), flaky_calls: Mutex::default() }
    }

    /// Opens the ledger and is ready.
    pub fn open(&self) -> Result<(), LedgerError> {
        if self.ledger.get().is_none() {
            let _ = self.ledger.set(Ledger::open(&self.path)?);
        }
        Ok(())
    }

    fn opened(&self) -> Result<&Ledger, ProviderError> {
        self.ledger.get().ok_or_else(|| ProviderError::Unavailable("the ledger is not open".into()))
    }

    async fn take(&self, key: &str, call: &ChargeCall) -> Result<Receipt, ProviderError> {
        let ledger = self.opened()?;
        let wanted = Entry {
            idempotency_key: key.to_owned(),
            kind: EntryKind::Charge,
            minor_units: call.amount.minor_units,
            currency: call.amount.currency.clone(),
            reference: String::new(),
            charge_key: String::new(),
            charge_reference: String::new(),
            token: call.token.clone(),
            at_us: (self.now_us)(),
        };
        let declined = |reason: &str| Err(ProviderError::Declined { reason: reason.to_owned() });
        let known = ledger.book().find(key).is_some(); // the first answer stands, whatever the token does now
        match call.token.as_str() {
            _ if known => ledger.enter(wanted).await,
            tokens::OK | tokens::REFUND_DECLINED => ledger.enter(wanted).await,
            tokens::TIMEOUT_CHARGED => ledger.enter(wanted).await.and(Err(ProviderError::Timeout)),
            tokens::FLAKY if self.fails_still(key) => Err(ProviderError::Unavailable("flaky".into())),
            tokens::FLAKY => ledger.enter(wanted).await,
            tokens::TIMEOUT => Err(ProviderError::Timeout),
            tokens::DECLINED => declined("card_declined"),
            _ => declined("unknown_token"),
        }
    }

    fn fails_still(&self, key: &str) -> bool {
        let mut calls = self.flaky_calls.lock().unwrap_or_else(PoisonError::into_inner);
        let call = calls.entry(key.to_owned()).or_default();
        *call += 1;
        let fails = *call <= FLAKY_FAILURES;
        if !fails {
            calls.remove(key);
        }
        fails
    }

    async fn give_back(&self, key: &str, call: &RefundCall) -> Result<Receipt, ProviderError> {
        let ledger = self.opened()?;
        let paid_with = ledger.book().find(&call.charge_key).map(|charge| charge.token.clone());
        if paid_with.as_deref() == Some(tokens::REFUND_DECLINED) {
            return Err(ProviderError::Declined { reason: "refund_declined".into() });
        }
        let wanted = Entry {
            idempotency_key: key.to_owned(),
            kind: EntryKind::Refund,
            minor_units: call.amount.minor_units,
            currency: call.amount.currency.clone(),
            reference: String::new(),
            charge_key: call.charge_key.clone(),
            charge_reference: String::new(),
            token: String::new(),
            at_us: (self.now_us)(),
        };
        ledger.enter(wanted).await
    }

    async fn travel(&self, time: Duration) {
        if !time.is_zero() {
            tokio::time::sleep(time).await;
        }
    }
}

impl PaymentProvider for Simulator {
    fn charge<'a>(&'a self, key: &'a str, call: &'a ChargeCall) -> BoxFuture<'a, Result<Receipt, ProviderError>> {
        Box::pin(async move {
            self.travel(self.latency).await;
            let answer = self.take(key, call).await;
            self.travel(self.answer).await;
            answer
        })
    }

    fn refund<'a>(&'a self, key: &'a str, call: &'a RefundCall) -> BoxFuture<'a, Result<Receipt, ProviderError>> {
        Box::pin(async move {
            self.travel(self.latency).await;
            let answer = self.give_back(key, call).await;
            self.travel(self.answer).await;
            answer
        })
    }

    fn lookup<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Entry>, ProviderError>> {
        Box::pin(async move {
            self.travel(self.latency).await;
            Ok(self.opened()?.book().find(key).cloned())
        })
    }

    fn ledger(&self, skip: usize, limit: usize) -> BoxFuture<'_, Result<Vec<Entry>, ProviderError>> {
        Box::pin(async move { Ok(self.opened()?.book().page(skip, limit)) })
    }
}
