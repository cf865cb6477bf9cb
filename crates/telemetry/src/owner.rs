//! Gives every span the service of its nearest local ancestor that names one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use opentelemetry::trace::{Span as _, SpanId, TraceContextExt};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};

use crate::SERVICE;

/// Knows the owner of every recorded span that has not ended. An OpenTelemetry context shows nothing of a parent span but its ids,
/// which is why the owners are kept here.
#[derive(Debug, Default)]
pub(crate) struct Owner {
    live: Mutex<HashMap<SpanId, Arc<str>>>,
}

impl Owner {
    fn live(&self) -> MutexGuard<'_, HashMap<SpanId, Arc<str>>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The service that a span names itself.
pub(crate) fn of(attributes: &[KeyValue]) -> Option<Arc<str>> {
    attributes.iter().find(|attribute| attribute.key.as_str() == SERVICE).map(|attribute| Arc::from(attribute.value.as_str().as_ref()))
}

impl SpanProcessor for Owner {
    fn on_start(&self, span: &mut Span, parent: &Context) {
        let id = span.span_context().span_id();
        if let Some(own) = span.exported_data().and_then(|data| of(&data.attributes)) {
            self.live().insert(id, own);
            return;
        }
        let parent = parent.span().span_context().clone();
        // What arrives from elsewhere belongs to whoever took it, even when the sender's span happens to live in this process.
        if parent.is_remote() {
            return;
        }
        let mut live = self.live();
        if let Some(inherited) = live.get(&parent.span_id()).cloned() {
            live.insert(id, inherited.clone());
            drop(live);
            span.set_attribute(KeyValue::new(SERVICE, inherited));
        }
    }

    fn on_end(&self, span: SpanData) {
        self.live().remove(&span.span_context.span_id());
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}
