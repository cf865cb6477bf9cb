//! Puts the layers together, and takes them down without losing what they hold.

use std::time::Duration;

use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracerProvider};
use tokio::runtime::Runtime;
use tonic::transport::Endpoint;
use tracing::Dispatch;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::{EnvFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::{Layer, Registry};

use crate::by_service::ByService;
use crate::owner::Owner;
use crate::settings::Settings;

/// Libraries whose spans are never exported: the exporter itself uses some, which would feed it for ever; the others say nothing about the business.
const NOT_EXPORTED: [&str; 8] = ["opentelemetry", "h2", "hyper", "hyper_util", "tonic", "tower", "async_nats", "sqlx"];

/// How long a dropped [`Guard`] waits for the collector.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Why telemetry could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// The log filter can't be parsed.
    #[error("the log filter {filter:?} is not valid: {reason}")]
    Filter {
        /// As given.
        filter: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The collector's address can't be used.
    #[error("the OTLP endpoint {endpoint:?} can't be used: {reason}")]
    Endpoint {
        /// As given.
        endpoint: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The ratio is no share.
    #[error("the sample ratio {0} is not between 0 and 1")]
    Ratio(f64),
    /// The process has a subscriber already.
    #[error("telemetry is set up already in this process")]
    Already,
    /// No thread for the exporter.
    #[error("the exporter's thread could not be started")]
    Thread(#[from] std::io::Error),
}

/// Sets up logs and spans for the whole process. Keep the guard until the end: it sends what is buffered.
pub fn init(settings: &Settings) -> Result<Guard, InitError> {
    let (subscriber, guard) = subscriber(settings)?;
    tracing::dispatcher::set_global_default(subscriber).map_err(|_| InitError::Already)?;
    opentelemetry::global::set_text_map_propagator(TraceContextPropagator::new());
    Ok(guard)
}

/// The same as a subscriber for a part of the process, as tests need it.
pub fn subscriber(settings: &Settings) -> Result<(Dispatch, Guard), InitError> {
    let filter = EnvFilter::builder()
        .parse(&settings.filter)
        .map_err(|error| InitError::Filter { filter: settings.filter.clone(), reason: error.to_string() })?;
    let export = settings.otlp_endpoint.as_deref().map(|endpoint| Export::to(endpoint, settings)).transpose()?;
    let spans = export.as_ref().map(|export| {
        // The level filter stands ahead of the layer: a span that is made and then not recorded still costs a microsecond.
        let exported = NOT_EXPORTED
            .iter()
            .fold(Targets::new().with_default(LevelFilter::INFO), |targets, target| targets.with_target(*target, LevelFilter::OFF));
        tracing_opentelemetry::layer()
            .with_tracer(export.provider.tracer("ensue"))
            .with_location(false)
            .with_threads(false)
            .with_tracked_inactivity(false)
            .with_filter(exported)
    });
    let subscriber = Registry::default().with(spans).with(crate::logs::layer(settings.log_format).with_filter(filter));
    Ok((Dispatch::new(subscriber), Guard { export }))
}

/// The way to the collector. Its runtime is its own: exporting blocks a thread until the connection's tasks have run, and on the
/// program's runtime they might wait for that very thread.
struct Export {
    provider: SdkTracerProvider,
    runtime: Runtime,
}

impl Export {
    fn to(endpoint: &str, settings: &Settings) -> Result<Self, InitError> {
        let refused = |reason: String| InitError::Endpoint { endpoint: endpoint.to_owned(), reason };
        if !(0.0..=1.0).contains(&settings.sample_ratio) {
            return Err(InitError::Ratio(settings.sample_ratio));
        }
        if !endpoint.starts_with("http://") {
            return Err(refused("it must start with http:// (for TLS put a collector beside the process)".to_owned()));
        }
        let address = Endpoint::from_shared(endpoint.to_owned()).map_err(|error| refused(error.to_string()))?;
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).thread_name("otlp").enable_all().build()?;
        let channel = {
            let _inside = runtime.enter();
            address.connect_timeout(Duration::from_secs(5)).connect_lazy()
        };
        let exporter = ByService::new(&settings.service_name, channel, runtime.handle().clone());
        let provider = SdkTracerProvider::builder()
            .with_sampler(Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(settings.sample_ratio))))
            .with_span_processor(Owner::default())
            .with_span_processor(BatchSpanProcessor::builder(exporter).with_batch_config(batches()).build())
            .build();
        Ok(Self { provider, runtime })
    }
}

/// The SDK's batches, with room for a burst and a second's delay; its own variables (`OTEL_BSP_…`) come first.
fn batches() -> opentelemetry_sdk::trace::BatchConfig {
    let unset = |name| std::env::var_os(name).is_none();
    let mut batches = BatchConfigBuilder::default();
    if unset("OTEL_BSP_MAX_QUEUE_SIZE") {
        batches = batches.with_max_queue_size(16_384);
    }
    if unset("OTEL_BSP_SCHEDULE_DELAY") {
        batches = batches.with_scheduled_delay(Duration::from_secs(1));
    }
    batches.build()
}

/// Holds what must be sent before the process ends. Dropping it sends, for two seconds at most.
#[must_use = "dropping the guard ends the export of spans"]
pub struct Guard {
    export: Option<Export>,
}

impl Guard {
    /// Sends what is buffered, waiting `within` at most. Whether all of it was sent; always so without a collector.
    pub async fn flush(&self, within: Duration) -> bool {
        let Some(export) = &self.export else { return true };
        let provider = export.provider.clone();
        let flushing = tokio::task::spawn_blocking(move || provider.force_flush().is_ok());
        matches!(tokio::time::timeout(within, flushing).await, Ok(Ok(true)))
    }

    /// Sends what is buffered and ends the export, waiting `within` at most. Whether all of it was sent.
    pub async fn shutdown(mut self, within: Duration) -> bool {
        let Some(export) = self.export.take() else { return true };
        let ending = tokio::task::spawn_blocking(move || export.end(within));
        matches!(tokio::time::timeout(within, ending).await, Ok(Ok(true)))
    }
}

impl Export {
    fn end(self, within: Duration) -> bool {
        let sent = self.provider.shutdown_with_timeout(within).is_ok();
        self.runtime.shutdown_background();
        sent
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(export) = self.export.take() {
            export.end(LAST_WORDS);
        }
    }
}
