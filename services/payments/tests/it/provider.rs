//! A provider that can be told to fall silent, or to keep its yes to itself.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures::future::BoxFuture;
use payments::outside::{ChargeCall, Entry, PaymentProvider, ProviderError, Receipt, RefundCall, Settings, Simulator};
use tokio::sync::Semaphore;

pub struct Moody {
    inner: Simulator,
    /// It charges, and says nothing.
    pub charges_in_silence: AtomicBool,
    /// It answers nothing but charges.
    pub silent: AtomicBool,
    /// It charges, and its yes never arrives.
    pub hangs: AtomicBool,
    /// One permit for each charge that was made.
    pub charged: Semaphore,
}

impl Moody {
    pub fn new(folder: &Path) -> Arc<Self> {
        let inner = Simulator::new(Settings { ledger: folder.join("ledger.jsonl"), ..Settings::default() }, || 1_700_000_000_000_000);
        inner.open().expect("a ledger");
        let off = || AtomicBool::new(false);
        Arc::new(Self { inner, charges_in_silence: off(), silent: off(), hangs: off(), charged: Semaphore::new(0) })
    }

    pub fn set(&self, mood: &AtomicBool, on: bool) {
        mood.store(on, Ordering::SeqCst);
    }

    fn answers(&self) -> Result<(), ProviderError> {
        if self.silent.load(Ordering::SeqCst) { Err(ProviderError::Timeout) } else { Ok(()) }
    }
}

impl PaymentProvider for Moody {
    fn charge<'a>(&'a self, key: &'a str, call: &'a ChargeCall) -> BoxFuture<'a, Result<Receipt, ProviderError>> {
        Box::pin(async move {
            let receipt = self.inner.charge(key, call).await?;
            self.charged.add_permits(1);
            if self.hangs.load(Ordering::SeqCst) {
                std::future::pending::<()>().await;
            }
            if self.charges_in_silence.load(Ordering::SeqCst) { Err(ProviderError::Timeout) } else { Ok(receipt) }
        })
    }

    fn refund<'a>(&'a self, key: &'a str, call: &'a RefundCall) -> BoxFuture<'a, Result<Receipt, ProviderError>> {
        Box::pin(async move {
            self.answers()?;
            self.inner.refund(key, call).await
        })
    }

    fn lookup<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Entry>, ProviderError>> {
        Box::pin(async move {
            self.answers()?;
            self.inner.lookup(key).await
        })
    }

    fn ledger(&self, skip: usize, limit: usize) -> BoxFuture<'_, Result<Vec<Entry>, ProviderError>> {
        self.inner.ledger(skip, limit)
    }
}
