//! What can be set. A field here is all that a new setting needs: its key, its type and its default are read from it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use telemetry::LogFormat;

/// Everything. Text that is not set is empty, so that every key has a default to be shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Config {
    /// Where databases, the broker's files and mails go.
    pub data_dir: PathBuf,
    /// Milliseconds that each part of an orderly stop may take: consumers and calls, relays, ports, each store.
    pub shutdown_ms: u64,
    /// The port of commands and queries.
    pub grpc: Grpc,
    /// The port of `/metrics` and `/healthz`.
    pub metrics: Metrics,
    /// The broker.
    pub nats: Nats,
    /// The services' databases.
    pub store: Store,
    /// Logs and spans.
    pub telemetry: Telemetry,
    /// What a failed event gets before it is a dead letter, unless `[consumers.<name>]` says otherwise.
    pub retry: Retry,
    /// How long what tells repeats is kept.
    pub retention: Retention,
    /// Consumers by name, where they differ from their defaults.
    pub consumers: BTreeMap<String, Consumer>,
    /// Time-outs of sagas.
    pub saga: Saga,
    /// Email.
    pub mail: Mail,
    /// Webhook notifications.
    pub webhook: Webhook,
    /// Sms and push notifications.
    pub sink: Sink,
    /// Payments and the built-in provider.
    pub payments: Payments,
    /// Shipments and the built-in carrier.
    pub shipping: Shipping,
    /// Workouts, and the hearts that their loads are computed for.
    pub workouts: Workouts,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data_dir: PathBuf::from("./data"),
            shutdown_ms: 10_000,
            grpc: Grpc::default(),
            metrics: Metrics::default(),
            nats: Nats::default(),
            store: Store::default(),
            telemetry: Telemetry::default(),
            retry: Retry::default(),
            retention: Retention::default(),
            consumers: BTreeMap::new(),
            saga: Saga::default(),
            mail: Mail::default(),
            webhook: Webhook::default(),
            sink: Sink::default(),
            payments: Payments::default(),
            shipping: Shipping::default(),
            workouts: Workouts::default(),
        }
    }
}

impl Config {
    /// What is set for a consumer; nothing for one that is not named. `_` stands for `-` too, which no shell allows in a variable's name.
    pub fn consumer(&self, name: &str) -> Consumer {
        let named = self.consumers.get(name).or_else(|| self.consumers.get(&name.replace('-', "_")));
        named.cloned().unwrap_or_default()
    }
}

/// `[grpc]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Grpc {
    /// The address to listen on. Reflection is open: keep it to the machine, or put a proxy in front.
    pub host: String,
    /// 0 is any free port.
    pub port: u16,
    /// Bytes of one request, or of one piece of a recording: `ensue import` sends 256 KiB at a time.
    pub max_message_bytes: usize,
    /// Calls at once, over all connections; one more is refused.
    pub concurrency: usize,
    /// Milliseconds until an answer begins; a caller's own deadline counts where it is shorter.
    pub timeout_ms: u64,
}

impl Default for Grpc {
    fn default() -> Self {
        Self { host: "127.0.0.1".to_owned(), port: 50_051, max_message_bytes: 4 << 20, concurrency: 1_024, timeout_ms: 30_000 }
    }
}

/// `[metrics]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Metrics {
    /// The address to listen on.
    pub host: String,
    /// 0 is any free port.
    pub port: u16,
}

impl Default for Metrics {
    fn default() -> Self {
        Self { host: "127.0.0.1".to_owned(), port: 9_464 }
    }
}

/// `[nats]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Nats {
    /// `nats://[user:password@]host:port`.
    pub url: String,
    /// Copies of each stream: 1, 3 or 5.
    pub replicas: usize,
    /// Whether there is a stream `ALL_EVENTS` with every domain's events, for one durable over everything. The broker stores each event twice then.
    pub all_events: bool,
}

impl Default for Nats {
    fn default() -> Self {
        Self { url: "nats://127.0.0.1:4222".to_owned(), replicas: 1, all_events: false }
    }
}

/// `[store]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Store {
    /// SQLite files under `data_dir`, or one Postgres with a schema a service.
    pub backend: Backend,
    /// `postgres://user:password@host/database`; needed for that backend.
    pub postgres_url: String,
}

/// A kind of database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Backend {
    /// One machine, nothing to install.
    #[default]
    Sqlite,
    /// More than one machine.
    Postgres,
}

/// `[telemetry]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Telemetry {
    /// `http://host:4317`; also `OTEL_EXPORTER_OTLP_ENDPOINT`. Empty: no spans.
    pub otlp_endpoint: String,
    /// The share of the traces started here that is recorded, 0 to 1.
    pub sample_ratio: f64,
    /// `auto`, `text` or `json`.
    pub log_format: LogFormat,
    /// Which logs are written; also `RUST_LOG`.
    pub log_filter: String,
}

impl Default for Telemetry {
    fn default() -> Self {
        Self { otlp_endpoint: String::new(), sample_ratio: 1.0, log_format: LogFormat::Auto, log_filter: "info".to_owned() }
    }
}

impl Telemetry {
    /// For [`telemetry::init`]; `process` owns the spans that belong to no service.
    pub fn settings(&self, process: &str) -> telemetry::Settings {
        telemetry::Settings {
            service_name: process.to_owned(),
            otlp_endpoint: Some(self.otlp_endpoint.clone()).filter(|endpoint| !endpoint.is_empty()),
            sample_ratio: self.sample_ratio,
            log_format: self.log_format,
            filter: self.log_filter.clone(),
        }
    }
}

/// `[retention]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Retention {
    /// Days that an answer is given again for its request id.
    pub requests_days: u64,
    /// Days that a command is refused after it was undone; longer than the streams' seven.
    pub tombstones_days: u64,
}

impl Default for Retention {
    fn default() -> Self {
        Self { requests_days: 30, tombstones_days: 30 }
    }
}

/// `[retry]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Retry {
    /// Attempts in all, the first included.
    pub attempts: u32,
    /// Milliseconds before the second attempt, the third and so on; the last one stands for all that follow.
    pub backoff_ms: Vec<u64>,
    /// Each wait is longer or shorter by up to this share, 0 to 1.
    pub jitter: f64,
}

impl Default for Retry {
    fn default() -> Self {
        Self { attempts: 4, backoff_ms: vec![1_000, 2_000, 4_000], jitter: 0.2 }
    }
}

/// `[consumers.<name>]`: attempts and waits that are not set are those of `[retry]`, the rest is the consumer's own default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Consumer {
    /// As in `[retry]`.
    pub attempts: Option<u32>,
    /// As in `[retry]`.
    pub backoff_ms: Option<Vec<u64>>,
    /// Messages that wait here to be taken.
    pub prefetch: Option<usize>,
    /// Events of one transaction at most.
    pub batch: Option<usize>,
    /// How often an event takes effect.
    pub mode: Option<Mode>,
}

/// How often an event takes effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// In one transaction with the position.
    ExactlyOnce,
    /// The effect first: killed before the position it repeats.
    AtLeastOnce,
    /// The position first: killed before the effect it loses.
    AtMostOnce,
}

/// `[saga]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Saga {
    /// Milliseconds that one step may take before it counts as failed.
    pub step_timeout_ms: u64,
    /// Milliseconds from the start to the last step.
    pub timeout_ms: u64,
}

impl Default for Saga {
    fn default() -> Self {
        Self { step_timeout_ms: 30_000, timeout_ms: 120_000 }
    }
}

impl Saga {
    /// [`step_timeout_ms`](Self::step_timeout_ms).
    pub fn step_timeout(&self) -> Duration {
        Duration::from_millis(self.step_timeout_ms)
    }

    /// [`timeout_ms`](Self::timeout_ms).
    pub fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout_ms)
    }
}

/// `[mail]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Mail {
    /// `file` writes below `data_dir`; `smtp` sends.
    pub transport: Transport,
    /// `smtp[s]://user:password@host:port`; needed for `smtp`.
    pub smtp_url: String,
    /// The sender.
    pub from: String,
}

impl Default for Mail {
    fn default() -> Self {
        Self { transport: Transport::File, smtp_url: String::new(), from: "Ensue <no-reply@ensue.example>".to_owned() }
    }
}

/// How mail leaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// As a file.
    #[default]
    File,
    /// To a mail server.
    Smtp,
}

/// `[webhook]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Webhook {
    /// Where notifications are posted to; empty: nowhere.
    pub url: String,
    /// The key of their signature (Standard Webhooks, `whsec_…`); needed with a URL.
    pub secret: String,
}

/// `[sink]`: a gateway that sends sms and push messages on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sink {
    /// Where they are posted to; empty: they become files below `data_dir`.
    pub url: String,
    /// Sent as `Authorization: Bearer …`; empty: none.
    pub token: String,
}

/// `[payments]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
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
#[serde(default)]
pub struct Simulator {
    /// Milliseconds before it answers.
    pub latency_ms: u64,
    /// Milliseconds from what it did to its answer: time to be killed in between.
    pub answer_ms: u64,
}

/// `[shipping]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Shipping {
    /// The built-in carrier refuses every shipment.
    pub fail: bool,
    /// Milliseconds before the built-in carrier answers.
    pub latency_ms: u64,
}

/// `[workouts]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Workouts {
    /// Beats a minute at rest, of everybody.
    pub resting_heart_rate_bpm: u32,
    /// Beats a minute at most, of everybody.
    pub max_heart_rate_bpm: u32,
}

impl Default for Workouts {
    fn default() -> Self {
        Self { resting_heart_rate_bpm: 60, max_heart_rate_bpm: 190 }
    }
}
