//! One call from its first byte to its last: the span, the metrics, the log line.

use std::time::Instant;

use telemetry::metrics::{GRPC_REQUESTS, GRPC_SECONDS};
use tokio::sync::OwnedSemaphorePermit;
use tonic::Code;
use tracing::{Span, field, info_span};

use super::context::RequestContext;

/// A call in progress. It is accounted for when dropped, however it ended: a caller who goes away drops it half-way.
pub(super) struct Call {
    method: String,
    started: Instant,
    pub(super) span: Span,
    pub(super) context: RequestContext,
    /// Set when the answer says so. Without one the caller went away.
    pub(super) code: Option<Code>,
    /// Held to the end of the answer: an open stream is work, too.
    pub(super) permit: Option<OwnedSemaphorePermit>,
}

impl Call {
    /// `path` is `/package.Service/Method`.
    pub(super) fn start(path: &str, context: RequestContext) -> Self {
        let method = path.trim_start_matches('/').to_owned();
        let span = span(&method);
        context.open(&span);
        Self { method, started: Instant::now(), span, context, code: None, permit: None }
    }

    /// Health and reflection: no business of anybody, always answered.
    pub(super) fn is_infrastructure(path: &str) -> bool {
        path.starts_with("/grpc.")
    }
}

fn span(method: &str) -> Span {
    if method.starts_with("grpc.") {
        return Span::none();
    }
    let (service, verb) = method.split_once('/').unwrap_or((method, ""));
    info_span!(
        "grpc",
        otel.name = method,
        otel.kind = "server",
        otel.status_code = field::Empty,
        ensue.service = owner(service),
        ensue.correlation_id = field::Empty,
        rpc.system = "grpc",
        rpc.service = service,
        rpc.method = verb,
        rpc.grpc.status_code = field::Empty,
    )
}

/// `bakery.v1.BakeryService` and `house.bakery.v1.BakeryService` are of `bakery`.
fn owner(service: &str) -> Option<&str> {
    let mut parts = service.rsplit('.').skip(1).filter(|part| !is_version(part));
    parts.next()
}

fn is_version(part: &str) -> bool {
    part.strip_prefix('v').is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The code's name as gRPC writes it.
fn name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        let code = self.code.unwrap_or(Code::Cancelled);
        let took = self.started.elapsed();
        // A method that does not exist is anything a stranger types: it must not become a time series of its own.
        let method = if code == Code::Unimplemented { "unknown".to_owned() } else { self.method.clone() };
        metrics::counter!(GRPC_REQUESTS, "method" => method.clone(), "code" => name(code)).increment(1);
        metrics::histogram!(GRPC_SECONDS, "method" => method).record(took.as_secs_f64());

        let correlation_id = self.context.correlation_id().unwrap_or_default();
        let trace = self.context.trace();
        if trace.is_sampled() {
            // The log line below says it, and a late field makes JSON logs read and write the span's text anew.
            self.span.record("rpc.grpc.status_code", code as i64);
        }
        let (method, code_name, trace_id) = (self.method.as_str(), name(code), trace.trace_id());
        // What is the server's fault, after OpenTelemetry's conventions for gRPC servers.
        if matches!(
            code,
            Code::Unknown | Code::DeadlineExceeded | Code::Unimplemented | Code::Internal | Code::Unavailable | Code::DataLoss
        ) {
            self.span.record("otel.status_code", "ERROR");
            tracing::warn!(parent: &self.span, rpc = method, code = code_name, ?took, correlation_id, trace_id, "call failed");
        } else {
            tracing::debug!(parent: &self.span, rpc = method, code = code_name, ?took, correlation_id, trace_id, "call ended");
        }
    }
}
