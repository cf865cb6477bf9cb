//! What `[shipping]` says, as this service needs it.

use std::time::Duration;

use service_host::config::Config;

use crate::outside::Settings;

/// How long the carrier has for an answer.
pub const TIMEOUT: Duration = Duration::from_secs(2);

/// The built-in carrier.
pub fn simulator(config: &Config) -> Settings {
    Settings { fail: config.shipping.fail, latency: Duration::from_millis(config.shipping.latency_ms) }
}
