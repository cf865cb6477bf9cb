//! What a handler knows of its call beside the message.

use std::sync::{Arc, OnceLock};

use http::HeaderMap;
use telemetry::TraceContext;
use tokio_util::sync::CancellationToken;
use tonic::Status;
use tracing::Span;

use crate::status;

pub(super) const CORRELATION_ID: &str = "x-correlation-id";

/// Characters of a correlation id.
const LONGEST: usize = 64;

/// Correlation, trace and end of one call. Clones are the same call.
#[derive(Clone, Debug, Default)]
pub struct RequestContext(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    correlation_id: OnceLock<String>,
    received: TraceContext,
    span: OnceLock<Span>,
    stopping: CancellationToken,
}

/// The context of a call; an empty one outside of [`GrpcLayer`](super::GrpcLayer).
pub fn context<T>(request: &tonic::Request<T>) -> RequestContext {
    request.extensions().get().cloned().unwrap_or_default()
}

impl RequestContext {
    /// Reads the headers. INVALID_ARGUMENT for a correlation id that is none: to replace it silently would hide the conversation from who asked.
    pub(super) fn read(headers: &HeaderMap, stopping: CancellationToken) -> Result<Self, Status> {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let inner = Inner { received: TraceContext::received(text("traceparent"), text("tracestate")), stopping, ..Inner::default() };
        if let Some(given) = headers.get(CORRELATION_ID) {
            let given = given.to_str().ok().filter(|given| is_id(given));
            let given =
                given.ok_or_else(|| status::invalid_field(CORRELATION_ID, "must be 1 to 64 characters of A-Z, a-z, 0-9, _ and -"))?;
            let _ = inner.correlation_id.set(given.to_owned());
        }
        Ok(Self(Arc::new(inner)))
    }

    /// The call's span, a child of what the caller sent.
    pub(super) fn open(&self, span: &Span) {
        self.0.received.adopt(span);
        if let Some(id) = self.correlation_id() {
            span.record(telemetry::CORRELATION_ID, id);
        }
        let _ = self.0.span.set(span.clone());
    }

    /// The correlation id, when the caller sent one or [`correlate`](Self::correlate) chose one.
    pub fn correlation_id(&self) -> Option<&str> {
        self.0.correlation_id.get().map(String::as_str)
    }

    /// The correlation id of what this call starts: the caller's, else its `request_id`, else a new one. From then on it is in the span and in the answer.
    pub fn correlate(&self, request_id: &str) -> &str {
        self.0.correlation_id.get_or_init(|| {
            let id = if is_id(request_id) { request_id.to_owned() } else { messaging::root_id() };
            if let Some(span) = self.0.span.get() {
                span.record(telemetry::CORRELATION_ID, id.as_str());
            }
            id
        })
    }

    /// The trace of this call: its own span's, or what the caller sent where this process makes no spans.
    pub fn trace(&self) -> TraceContext {
        let own = self.0.span.get().map(|span| span.in_scope(TraceContext::current)).unwrap_or_default();
        if own.traceparent.is_empty() { self.0.received.clone() } else { own }
    }

    /// Cancelled when the process stops. Streams are ended by the layer; a handler needs this only to stop earlier.
    pub fn stopping(&self) -> &CancellationToken {
        &self.0.stopping
    }
}

fn is_id(text: &str) -> bool {
    (1..=LONGEST).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}
