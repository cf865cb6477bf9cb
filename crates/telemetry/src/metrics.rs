//! Every metric of Ensue by name, and the recorder that renders them as Prometheus text.
//!
//! ```
//! telemetry::metrics::install();
//! metrics::counter!(telemetry::metrics::EVENTS_PUBLISHED, "type" => "order.placed").increment(1);
//! assert!(telemetry::metrics::render().contains("ensue_events_published_total{type=\"order.placed\"} 1"));
//! ```

use std::sync::OnceLock;
use std::time::Duration;

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

/// Events taken by the broker. Labels: `type`.
pub const EVENTS_PUBLISHED: &str = "ensue_events_published_total";
/// Events a consumer is through with. Labels: `consumer`, `outcome`.
pub const EVENTS_HANDLED: &str = "ensue_events_handled_total";
/// Seconds from taking a batch to its commit. Labels: `consumer`.
pub const HANDLE_SECONDS: &str = "ensue_handle_seconds";
/// Seconds from an event's creation to its commit in a consumer. Labels: `consumer`.
pub const EVENT_AGE_SECONDS: &str = "ensue_event_age_seconds";
/// Events that a consumer has yet to see. Labels: `consumer`.
pub const CONSUMER_LAG: &str = "ensue_consumer_lag";
/// Messages in a store that the broker has not taken. Labels: `service`.
pub const RELAY_UNPUBLISHED: &str = "ensue_relay_unpublished";
/// Keys that wait for a retry or an operator. Labels: `consumer`.
pub const PARKED_KEYS: &str = "ensue_parked_keys";
/// Dead letters made. Labels: `consumer`, `reason`.
pub const DEAD_LETTERS: &str = "ensue_dead_letters_total";
/// gRPC calls that ended. Labels: `method`, `code`.
pub const GRPC_REQUESTS: &str = "ensue_grpc_requests_total";
/// Seconds from a gRPC request to the end of its answer. Labels: `method`.
pub const GRPC_SECONDS: &str = "ensue_grpc_seconds";

/// Bounds of every histogram in seconds: from a commit in memory to a back-off of minutes.
const SECONDS: [f64; 16] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0];

/// How often samples are folded into their histograms, so that a process that nobody scrapes does not keep them all.
const FOLD_EVERY: Duration = Duration::from_secs(5);

static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();

/// Makes Ensue's recorder the process's, once; later calls do nothing. Another recorder that was there first stays, and [`render`] is then empty.
pub fn install() {
    HANDLE.get_or_init(|| {
        let builder = PrometheusBuilder::new();
        // Refused only when there is no bound at all.
        let builder =
            builder.set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS).unwrap_or_else(|_| PrometheusBuilder::new());
        let recorder = builder.build_recorder();
        let handle = recorder.handle();
        if metrics::set_global_recorder(recorder).is_ok() {
            describe();
            let folding = handle.clone();
            let _ = std::thread::Builder::new().name("metrics".to_owned()).spawn(move || {
                loop {
                    std::thread::sleep(FOLD_EVERY);
                    folding.run_upkeep();
                }
            });
        }
        handle
    });
}

/// All metrics so far, in Prometheus' text format.
pub fn render() -> String {
    HANDLE.get().map(PrometheusHandle::render).unwrap_or_default()
}

fn describe() {
    describe_counter!(EVENTS_PUBLISHED, "Events taken by the broker");
    describe_counter!(EVENTS_HANDLED, "Events a consumer is through with, by outcome");
    describe_histogram!(HANDLE_SECONDS, Unit::Seconds, "From taking a batch to its commit");
    describe_histogram!(EVENT_AGE_SECONDS, Unit::Seconds, "From an event's creation to its commit in a consumer");
    describe_gauge!(CONSUMER_LAG, "Events that a consumer has yet to see");
    describe_gauge!(RELAY_UNPUBLISHED, "Messages in a store that the broker has not taken");
    describe_gauge!(PARKED_KEYS, "Keys that wait for a retry or an operator");
    describe_counter!(DEAD_LETTERS, "Dead letters made, by reason");
    describe_counter!(GRPC_REQUESTS, "gRPC calls that ended, by code");
    describe_histogram!(GRPC_SECONDS, Unit::Seconds, "From a gRPC request to the end of its answer");
}
