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
/// 1 while a consumer's breaker is open. Labels: `consumer`.
pub const CONSUMER_PAUSED: &str = "ensue_consumer_paused";
/// Seconds since a consumer that is behind has settled something. Labels: `consumer`.
pub const CONSUMER_STUCK_SECONDS: &str = "ensue_consumer_stuck_seconds";
/// Messages that a consumer had already. Labels: `consumer`.
pub const REPEATS: &str = "ensue_repeats_total";
/// Gaps that a consumer met in a numbering. Labels: `consumer`.
pub const GAPS: &str = "ensue_gaps_total";
/// Seconds since the oldest open gap was met. Labels: `consumer`.
pub const GAP_OLDEST_SECONDS: &str = "ensue_gap_oldest_seconds";
/// Questions that the owner of a log did not answer. Labels: `consumer`.
pub const OWNER_SILENT: &str = "ensue_owner_silent_total";
/// Readers that the broker lost, each made anew. Labels: `consumer`.
pub const READERS_LOST: &str = "ensue_readers_lost_total";
/// Seconds since the oldest message was written that the broker has not taken. Labels: `service`.
pub const RELAY_OLDEST_SECONDS: &str = "ensue_relay_oldest_seconds";
/// Times that a relay had to look at its stream again. Labels: `stream`.
pub const RELAY_RESYNCS: &str = "ensue_relay_resyncs_total";
/// Messages by hand that were adopted or refused, by outcome. Labels: `service`, `outcome`.
pub const DOOR: &str = "ensue_door_total";
/// Seconds since the oldest parked event was parked. Labels: `consumer`.
pub const PARKED_OLDEST_SECONDS: &str = "ensue_parked_oldest_seconds";
/// Sagas that have not ended. Labels: `service`.
pub const SAGAS_IN_FLIGHT: &str = "ensue_sagas_in_flight";
/// Seconds since the saga that has waited longest moved. Labels: `service`.
pub const SAGA_OLDEST_SECONDS: &str = "ensue_saga_oldest_seconds";
/// Connections made to the broker.
pub const NATS_CONNECTIONS: &str = "ensue_nats_connections_total";
/// Connections to the broker that were lost.
pub const NATS_DISCONNECTIONS: &str = "ensue_nats_disconnections_total";
/// Times that the client was too slow for what the broker sent.
pub const NATS_SLOW_CONSUMERS: &str = "ensue_nats_slow_consumers_total";
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
    describe_gauge!(CONSUMER_PAUSED, "1 while a consumer's breaker is open");
    describe_gauge!(CONSUMER_STUCK_SECONDS, Unit::Seconds, "Since a consumer that is behind has settled something");
    describe_counter!(REPEATS, "Messages that a consumer had already");
    describe_counter!(GAPS, "Gaps that a consumer met in a numbering");
    describe_gauge!(GAP_OLDEST_SECONDS, Unit::Seconds, "Since the oldest open gap was met");
    describe_counter!(OWNER_SILENT, "Questions that the owner of a log did not answer");
    describe_counter!(READERS_LOST, "Readers that the broker lost, each made anew");
    describe_gauge!(RELAY_OLDEST_SECONDS, Unit::Seconds, "Since the oldest message was written that the broker has not taken");
    describe_counter!(RELAY_RESYNCS, "Times that a relay had to look at its stream again");
    describe_counter!(DOOR, "Messages by hand that were adopted or refused, by outcome");
    describe_gauge!(PARKED_OLDEST_SECONDS, Unit::Seconds, "Since the oldest parked event was parked");
    describe_gauge!(SAGAS_IN_FLIGHT, "Sagas that have not ended");
    describe_gauge!(SAGA_OLDEST_SECONDS, Unit::Seconds, "Since the saga that has waited longest moved");
    describe_counter!(NATS_CONNECTIONS, "Connections made to the broker");
    describe_counter!(NATS_DISCONNECTIONS, "Connections to the broker that were lost");
    describe_counter!(NATS_SLOW_CONSUMERS, "Times that the client was too slow for what the broker sent");
    describe_counter!(GRPC_REQUESTS, "gRPC calls that ended, by code");
    describe_histogram!(GRPC_SECONDS, Unit::Seconds, "From a gRPC request to the end of its answer");
}
