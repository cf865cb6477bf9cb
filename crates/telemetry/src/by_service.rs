//! Exports the spans of each service under a resource of its own, over one connection.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry_otlp::{SpanExporter as OtlpExporter, WithExportConfig, WithTonicConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{SpanData, SpanExporter};
use tokio::runtime::Handle;
use tonic::transport::Channel;

use crate::owner;

const EXPORT_TIMEOUT: Duration = Duration::from_secs(10);

/// One OTLP exporter a service, made when its first span comes.
///
/// A provider per service would do the same with a thread, a queue and a tracing layer for each, and a layer can't choose by a field's value.
#[derive(Debug)]
pub(crate) struct ByService {
    process: Arc<str>,
    channel: Channel,
    runtime: Handle,
    exporters: Mutex<HashMap<Arc<str>, Arc<OtlpExporter>>>,
}

impl ByService {
    /// `process` owns the spans that name no service; `runtime` drives `channel`.
    pub(crate) fn new(process: &str, channel: Channel, runtime: Handle) -> Self {
        Self { process: Arc::from(process), channel, runtime, exporters: Mutex::default() }
    }

    fn exporter(&self, service: &Arc<str>) -> Result<Arc<OtlpExporter>, OTelSdkError> {
        let mut exporters = self.exporters.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(exporter) = exporters.get(service) {
            return Ok(exporter.clone());
        }
        let mut exporter = OtlpExporter::builder()
            .with_tonic()
            .with_channel(self.channel.clone())
            .with_timeout(EXPORT_TIMEOUT)
            .build()
            .map_err(|error| OTelSdkError::InternalFailure(error.to_string()))?;
        let resource = Resource::builder()
            .with_service_name(service.to_string())
            .with_attribute(KeyValue::new("service.namespace", "ensue"))
            .with_attribute(KeyValue::new("process.pid", i64::from(std::process::id())))
            .build();
        exporter.set_resource(&resource);
        let exporter = Arc::new(exporter);
        exporters.insert(service.clone(), exporter.clone());
        Ok(exporter)
    }
}

impl SpanExporter for ByService {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let mut groups: BTreeMap<Arc<str>, Vec<SpanData>> = BTreeMap::new();
        for span in batch {
            groups.entry(owner::of(&span.attributes).unwrap_or_else(|| self.process.clone())).or_default().push(span);
        }
        let mut sending = Vec::with_capacity(groups.len());
        for (service, spans) in groups {
            let exporter = self.exporter(&service)?;
            // On the exporter's own runtime: the batch processor's thread has none, and back-off needs timers.
            sending.push(self.runtime.spawn(async move { exporter.export(spans).await }));
        }
        let mut outcome = Ok(());
        for sent in sending {
            let sent = sent.await.unwrap_or_else(|error| Err(OTelSdkError::InternalFailure(error.to_string())));
            outcome = outcome.and(sent);
        }
        outcome
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        let mut exporters = self.exporters.lock().unwrap_or_else(PoisonError::into_inner);
        exporters.drain().try_for_each(|(_, exporter)| exporter.shutdown_with_timeout(timeout))
    }
}
