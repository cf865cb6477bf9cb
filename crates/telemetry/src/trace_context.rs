//! The W3C trace context as it travels: two strings, in gRPC metadata, in a store row, in NATS headers.

use std::str::FromStr;

use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use opentelemetry::trace::TraceContextExt as _;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// `traceparent` and `tracestate`; empty when nobody traces.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct TraceContext {
    /// W3C `traceparent`, e.g. `00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01`; empty when absent.
    pub traceparent: String,
    /// W3C `tracestate`; empty when absent.
    pub tracestate: String,
}

impl TraceContext {
    /// What a stranger sent: kept when it is a W3C trace context, nothing otherwise. It goes on into rows and headers, so it is not taken on trust.
    pub fn received(traceparent: &str, tracestate: &str) -> Self {
        let given = Self { traceparent: traceparent.to_owned(), tracestate: String::new() };
        if traceparent.len() != 55 || !given.as_remote().span().span_context().is_valid() {
            return Self::default();
        }
        let stated = tracestate.len() <= 512 && opentelemetry::trace::TraceState::from_str(tracestate).is_ok();
        Self { tracestate: if stated { tracestate.to_owned() } else { String::new() }, ..given }
    }

    /// The context of the span that is current here, so that what is written now can be continued later.
    pub fn current() -> Self {
        Self::of(&tracing::Span::current())
    }

    /// The context of a span.
    pub fn of(span: &tracing::Span) -> Self {
        let mut context = Self::default();
        TraceContextPropagator::new().inject_context(&span.context(), &mut context);
        context
    }

    /// Whether somebody upstream decided that this trace is recorded; an unrecorded one is not worth a span.
    pub fn is_sampled(&self) -> bool {
        self.traceparent.len() == 55 && self.traceparent.ends_with("01")
    }

    /// The trace id, 32 hex digits; empty when absent.
    pub fn trace_id(&self) -> &str {
        self.traceparent.get(3..35).unwrap_or("")
    }

    /// The same as an OpenTelemetry context, to be a span's parent.
    pub fn as_remote(&self) -> opentelemetry::Context {
        TraceContextPropagator::new().extract_with_context(&opentelemetry::Context::new(), self)
    }

    /// Makes `span` a child of this context. Call it before the span is entered.
    ///
    /// No link beside it: Jaeger takes a link to the parent for the whole truth, and forgets that it is the parent (seen with 1.76).
    pub fn adopt(&self, span: &tracing::Span) {
        if !self.traceparent.is_empty() {
            // A span that is filtered out can't have a parent; then there is nothing to connect.
            let _ = span.set_parent(self.as_remote());
        }
    }
}

impl Injector for TraceContext {
    fn set(&mut self, key: &str, value: String) {
        match key {
            "traceparent" => self.traceparent = value,
            "tracestate" => self.tracestate = value,
            _ => {}
        }
    }
}

impl Extractor for TraceContext {
    fn get(&self, key: &str) -> Option<&str> {
        match key {
            "traceparent" => Some(self.traceparent.as_str()).filter(|value| !value.is_empty()),
            "tracestate" => Some(self.tracestate.as_str()).filter(|value| !value.is_empty()),
            _ => None,
        }
    }

    fn keys(&self) -> Vec<&str> {
        vec!["traceparent", "tracestate"]
    }
}
