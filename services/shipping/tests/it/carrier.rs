//! A carrier that can be told to fall silent or to keep people waiting, and that counts its bookings.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use futures::future::BoxFuture;
use shipping::outside::{Booking, Carrier, CarrierError, Consignment};
use tokio::sync::Semaphore;

/// Answers after so many silent calls, and as long as the gate is open.
pub struct Moody {
    silent: AtomicU32,
    pub gate: Semaphore,
    pub booked: Mutex<BTreeSet<String>>,
}

impl Moody {
    pub fn new(silent: u32, open: bool) -> Arc<Self> {
        let gate = Semaphore::new(if open { 1_000 } else { 0 });
        Arc::new(Self { silent: AtomicU32::new(silent), gate, booked: Mutex::default() })
    }

    pub fn bookings(&self) -> usize {
        self.booked.lock().expect("bookings").len()
    }

    async fn answer(&self) -> Result<(), CarrierError> {
        self.gate.acquire().await.expect("open").forget();
        let before = self.silent.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        if before.is_ok() { Err(CarrierError::Timeout) } else { Ok(()) }
    }
}

impl Carrier for Moody {
    /// Books, and then may keep its answer to itself.
    fn book<'a>(&'a self, key: &'a str, _: &'a Consignment) -> BoxFuture<'a, Result<Booking, CarrierError>> {
        Box::pin(async move {
            self.booked.lock().expect("bookings").insert(key.to_owned());
            self.answer().await?;
            Ok(Booking { tracking_number: "T1".into() })
        })
    }

    fn cancel<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), CarrierError>> {
        Box::pin(async move {
            self.booked.lock().expect("bookings").remove(key);
            Ok(())
        })
    }
}
