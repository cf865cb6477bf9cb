//! What can be set about telemetry.

/// How logs are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Text when stderr is a terminal, JSON otherwise.
    #[default]
    Auto,
    /// Lines for people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Where telemetry goes and how much of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// The service that spans belong to when no span says otherwise.
    pub service_name: String,
    /// An OTLP/gRPC collector, e.g. `http://localhost:4317`; without one no spans are made.
    pub otlp_endpoint: Option<String>,
    /// The share of the traces started here that is recorded, 0 to 1. A caller's decision comes first.
    pub sample_ratio: f64,
    /// How logs are written.
    pub log_format: LogFormat,
    /// Which logs are written, in the syntax of `RUST_LOG`.
    pub filter: String,
}

impl Settings {
    /// Logs at `info`, no collector; every trace is recorded once there is one.
    pub fn new(service_name: impl Into<String>) -> Self {
        Self {
            service_name: service_name.into(),
            otlp_endpoint: None,
            sample_ratio: 1.0,
            log_format: LogFormat::Auto,
            filter: "info".to_owned(),
        }
    }

    /// The same with the filter of `RUST_LOG` and the collector of `OTEL_EXPORTER_OTLP_ENDPOINT`, for programs without a configuration.
    pub fn from_env(service_name: impl Into<String>) -> Self {
        let given = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        let defaults = Self::new(service_name);
        Self {
            otlp_endpoint: given("OTEL_EXPORTER_OTLP_ENDPOINT"),
            filter: given("RUST_LOG").unwrap_or_else(|| defaults.filter.clone()),
            ..defaults
        }
    }
}
