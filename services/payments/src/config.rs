//! What `[payments]` says, as this service needs it.

use std::time::Duration;

use service_host::config::Config;

use crate::outside::Settings;

/// Where the built-in provider keeps its ledger below `data_dir`: outside of the payment store, because it is somebody else's.
const LEDGER: &str = "provider/ledger.jsonl";

/// `[payments.simulator]`
pub fn simulator(config: &Config) -> Settings {
    let simulator = &config.payments.simulator;
    let ledger = config.data_dir.join(LEDGER);
    Settings { ledger, latency: Duration::from_millis(simulator.latency_ms), answer: Duration::from_millis(simulator.answer_ms) }
}

/// How long the provider has for an answer.
pub fn timeout(config: &Config) -> Duration {
    Duration::from_millis(config.payments.timeout_ms)
}
