//! What can be set for payments.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use service_host::config::{Config, Found, Sections, Settings};

use crate::outside;

/// Where the built-in provider keeps its ledger below `data_dir`: outside of the payment store, because it is somebody else's.
const LEDGER: &str = "provider/ledger.jsonl";

/// `[payments]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payments {
    /// Milliseconds that the provider has for an answer.
    pub timeout_ms: u64,
    /// The built-in provider.
    pub simulator: Simulator,
}

impl Default for Payments {
    fn default() -> Self {
        Self { timeout_ms: 2_000, simulator: Simulator::default() }
    }
}

/// `[payments.simulator]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Simulator {
    /// Milliseconds before it answers.
    pub latency_ms: u64,
    /// Milliseconds from what it did to its answer: time to be killed in between.
    pub answer_ms: u64,
}

impl Settings for Payments {
    const SECTION: &'static str = "payments";

    fn check(&self, found: &mut Found) {
        found.milliseconds("timeout_ms", self.timeout_ms);
    }
}

/// What can be set.
pub fn settings() -> Sections {
    Sections::new().with::<Payments>()
}

/// The built-in provider's settings.
pub(crate) fn simulator(config: &Config) -> outside::Settings {
    let Payments { simulator, .. } = config.of();
    let ledger = config.data_dir.join(LEDGER);
    outside::Settings { ledger, latency: Duration::from_millis(simulator.latency_ms), answer: Duration::from_millis(simulator.answer_ms) }
}

/// How long the provider has for an answer.
pub(crate) fn timeout(config: &Config) -> Duration {
    Duration::from_millis(config.of::<Payments>().timeout_ms)
}
