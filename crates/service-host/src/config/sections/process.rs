//! Where a process listens, what it connects to, and what it says of itself.

use serde::{Deserialize, Serialize};
use telemetry::LogFormat;

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
