//! What can be set for shipping, and what is fixed.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use service_host::config::{Config, Sections, Settings};

use crate::outside;

/// How long the carrier has for an answer.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(2);

/// `[shipping]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shipping {
    /// The built-in carrier refuses every shipment.
    pub fail: bool,
    /// Milliseconds before the built-in carrier answers.
    pub latency_ms: u64,
}

impl Settings for Shipping {
    const SECTION: &'static str = "shipping";
}

/// What can be set.
pub fn settings() -> Sections {
    Sections::new().with::<Shipping>()
}

/// The built-in carrier's settings.
pub(crate) fn simulator(config: &Config) -> outside::Settings {
    let shipping: Shipping = config.of();
    outside::Settings { fail: shipping.fail, latency: Duration::from_millis(shipping.latency_ms) }
}
