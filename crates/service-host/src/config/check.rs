//! What types can't say: ranges, and settings that need one another.

use super::found::{DAY_MS, Found, Wrong, is_url};
use super::sections::{Backend, Config};

/// What is wrong in the host's own sections.
pub(super) fn faults(config: &Config) -> Wrong {
    let mut found = Found::default();
    ports(config, &mut found);
    outside(config, &mut found);
    work(config, &mut found);
    found.wrong
}

fn ports(config: &Config, found: &mut Found) {
    let (grpc, metrics) = (&config.grpc, &config.metrics);
    found.unless(!config.data_dir.as_os_str().is_empty(), "data_dir", "must not be empty");
    found.milliseconds("shutdown_ms", config.shutdown_ms);
    found.unless(!grpc.host.is_empty(), "grpc.host", "must not be empty");
    found.unless(!metrics.host.is_empty(), "metrics.host", "must not be empty");
    found.unless(grpc.port == 0 || grpc.port != metrics.port, "metrics.port", "is the same as grpc.port");
    found.unless((1_024..=64 << 20).contains(&grpc.max_message_bytes), "grpc.max_message_bytes", "must be between 1 KiB and 64 MiB");
    found.unless((1..=1_000_000).contains(&grpc.concurrency), "grpc.concurrency", "must be between 1 and 1000000");
    found.milliseconds("grpc.timeout_ms", grpc.timeout_ms);
}

fn outside(config: &Config, found: &mut Found) {
    found.unless(is_url(&config.nats.url, &["nats://", "tls://"]), "nats.url", "must start with nats:// or tls://");
    found.unless([1, 3, 5].contains(&config.nats.replicas), "nats.replicas", "must be 1, 3 or 5");
    if config.store.backend == Backend::Postgres {
        let is_postgres = is_url(&config.store.postgres_url, &["postgres://", "postgresql://"]);
        found.unless(is_postgres, "store.postgres_url", "must start with postgres:// for store.backend = \"postgres\"");
    }
    let telemetry = &config.telemetry;
    found.unless((0.0..=1.0).contains(&telemetry.sample_ratio), "telemetry.sample_ratio", "must be between 0 and 1");
    let collector = telemetry.otlp_endpoint.is_empty() || is_url(&telemetry.otlp_endpoint, &["http://"]);
    found.unless(collector, "telemetry.otlp_endpoint", "must start with http://");
}

fn work(config: &Config, found: &mut Found) {
    let waits = |waits: &[u64]| !waits.is_empty() && waits.len() <= 100 && waits.iter().all(|wait| (1..=DAY_MS).contains(wait));
    let (attempts, list) = ("must be between 1 and 100", "must hold 1 to 100 waits between 1 ms and a day");
    found.unless((1..=100).contains(&config.retry.attempts), "retry.attempts", attempts);
    found.unless(waits(&config.retry.backoff_ms), "retry.backoff_ms", list);
    found.unless((0.0..=1.0).contains(&config.retry.jitter), "retry.jitter", "must be between 0 and 1");
    let (requests, tombstones) = (config.retention.requests_days, config.retention.tombstones_days);
    found.unless((1..=3_650).contains(&requests), "retention.requests_days", "must be between 1 and 3650");
    found.unless((8..=3_650).contains(&tombstones), "retention.tombstones_days", "must be between 8 and 3650");
    for (name, consumer) in &config.consumers {
        let key = |field: &str| format!("consumers.{name}.{field}");
        found.unless(consumer.attempts.is_none_or(|number| (1..=100).contains(&number)), key("attempts"), attempts);
        found.unless(consumer.backoff_ms.as_deref().is_none_or(waits), key("backoff_ms"), list);
        for (field, number) in [("prefetch", consumer.prefetch), ("batch", consumer.batch)] {
            found.unless(number.is_none_or(|number| (1..=100_000).contains(&number)), key(field), "must be between 1 and 100000");
        }
    }
    found.milliseconds("saga.step_timeout_ms", config.saga.step_timeout_ms);
    found.milliseconds("saga.timeout_ms", config.saga.timeout_ms);
    found.unless(config.saga.step_timeout_ms <= config.saga.timeout_ms, "saga.step_timeout_ms", "must not be longer than saga.timeout_ms");
}
