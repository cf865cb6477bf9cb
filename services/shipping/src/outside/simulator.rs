//! A carrier that takes everything, unless it is told not to.

use std::time::Duration;

use futures::future::BoxFuture;

use super::{Booking, Carrier, CarrierError, Consignment};
use crate::domain::Address;

/// An address with this text in its recipient, a line, city, region or postal code is refused, whatever the settings.
pub const FAIL_MARKER: &str = "fail-shipping";

/// How the simulator runs.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Refuse every booking.
    pub fail: bool,
    /// How long every call takes, at least.
    pub latency: Duration,
}

/// The carrier that is built in. It remembers nothing: the same key always makes the same booking.
#[derive(Clone, Debug)]
pub struct Simulator {
    settings: Settings,
}

impl Simulator {
    /// A carrier with these settings.
    pub fn new(settings: Settings) -> Self {
        Self { settings }
    }

    async fn travel(&self) {
        if !self.settings.latency.is_zero() {
            tokio::time::sleep(self.settings.latency).await;
        }
    }
}

impl Carrier for Simulator {
    fn book<'a>(&'a self, key: &'a str, consignment: &'a Consignment) -> BoxFuture<'a, Result<Booking, CarrierError>> {
        Box::pin(async move {
            self.travel().await;
            match self.settings.fail || marked(&consignment.address) {
                true => Err(CarrierError::Refused { reason: "carrier_refused".into() }),
                false => Ok(Booking { tracking_number: format!("SIM-{key}") }),
            }
        })
    }

    fn cancel<'a>(&'a self, _key: &'a str) -> BoxFuture<'a, Result<(), CarrierError>> {
        Box::pin(async move {
            self.travel().await;
            Ok(())
        })
    }
}

fn marked(address: &Address) -> bool {
    let texts = [&address.recipient, &address.city, &address.region, &address.postal_code];
    texts.into_iter().chain(&address.lines).any(|text| text.contains(FAIL_MARKER))
}
