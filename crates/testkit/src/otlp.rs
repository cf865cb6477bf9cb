//! An OTLP/gRPC receiver in the test's own process: what Jaeger would have been told.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{TraceService, TraceServiceServer};
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse};
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value::Value};
use opentelemetry_proto::tonic::trace::v1 as wire;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status};

/// A span as it was exported; ids are lower-case hex.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// `service.name` of its resource.
    pub service: String,
    /// Its name.
    pub name: String,
    /// `server`, `client`, `producer`, `consumer` or `internal`.
    pub kind: &'static str,
    /// 32 digits.
    pub trace_id: String,
    /// 16 digits.
    pub span_id: String,
    /// 16 digits; empty for a root.
    pub parent_span_id: String,
    /// Attributes, their values as text.
    pub attributes: BTreeMap<String, String>,
    /// Linked spans: trace id and span id.
    pub links: Vec<(String, String)>,
    /// Whether its status is an error.
    pub failed: bool,
}

/// A running receiver. It stops when dropped.
pub struct Otlp {
    endpoint: String,
    received: Arc<Received>,
    server: tokio::task::JoinHandle<()>,
}

#[derive(Default)]
struct Received {
    spans: Mutex<Vec<Span>>,
    more: Notify,
}

impl Received {
    fn spans(&self) -> MutexGuard<'_, Vec<Span>> {
        self.spans.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Otlp {
    /// Listens on a free port of the loopback.
    pub async fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        let received = Arc::new(Received::default());
        let service = TraceServiceServer::new(Receiver(received.clone())).max_decoding_message_size(64 << 20);
        let serving = tonic::transport::Server::builder().add_service(service).serve_with_incoming(TcpListenerStream::new(listener));
        let server = tokio::spawn(async move {
            // It ends with the test; what a test misses of it, it finds in `spans`.
            let _ = serving.await;
        });
        Ok(Self { endpoint, received, server })
    }

    /// For `OTEL_EXPORTER_OTLP_ENDPOINT`.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// All spans so far, in the order of their arrival.
    pub fn spans(&self) -> Vec<Span> {
        self.received.spans().clone()
    }

    /// Waits until `enough` of what has arrived and answers it; an error that lists the spans once `within` has passed.
    pub async fn wait_for(&self, enough: impl Fn(&[Span]) -> bool, within: Duration) -> anyhow::Result<Vec<Span>> {
        let deadline = Instant::now() + within;
        loop {
            let more = self.received.more.notified();
            let spans = self.spans();
            if enough(&spans) {
                return Ok(spans);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if tokio::time::timeout(left, more).await.is_err() {
                anyhow::bail!("not the spans that were waited for after {within:?}:\n{}", listing(&self.spans()));
            }
        }
    }

    /// Which service led to which within a trace: parent and child, or linked and linking span, of two services.
    pub fn edges(&self, trace_id: &str) -> BTreeSet<(String, String)> {
        edges(&self.spans(), trace_id)
    }
}

impl Drop for Otlp {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// See [`Otlp::edges`].
pub fn edges(spans: &[Span], trace_id: &str) -> BTreeSet<(String, String)> {
    let services: HashMap<&str, &str> = spans.iter().map(|span| (span.span_id.as_str(), span.service.as_str())).collect();
    let within = spans.iter().filter(|span| span.trace_id == trace_id);
    within
        .flat_map(|span| {
            let before = std::iter::once(&span.parent_span_id).chain(span.links.iter().map(|(_, id)| id));
            before.filter_map(|id| services.get(id.as_str())).map(|from| ((*from).to_owned(), span.service.clone())).collect::<Vec<_>>()
        })
        .filter(|(from, to)| from != to)
        .collect()
}

/// One line a span, for messages of failed tests.
fn listing(spans: &[Span]) -> String {
    spans.iter().fold(String::new(), |mut text, span| {
        let _ =
            writeln!(text, "  {} {} {} ({} < {}) {}", span.trace_id, span.service, span.name, span.span_id, span.parent_span_id, span.kind);
        text
    })
}

struct Receiver(Arc<Received>);

#[tonic::async_trait]
impl TraceService for Receiver {
    async fn export(&self, request: Request<ExportTraceServiceRequest>) -> Result<Response<ExportTraceServiceResponse>, Status> {
        for of_resource in request.into_inner().resource_spans {
            let resource = of_resource.resource.map(|resource| attributes(resource.attributes)).unwrap_or_default();
            let service = resource.get("service.name").cloned().unwrap_or_default();
            let spans = of_resource.scope_spans.into_iter().flat_map(|scope| scope.spans);
            self.0.spans().extend(spans.map(|span| read(&service, span)));
        }
        self.0.more.notify_waiters();
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

fn read(service: &str, span: wire::Span) -> Span {
    use wire::span::SpanKind;
    Span {
        service: service.to_owned(),
        kind: match span.kind() {
            SpanKind::Server => "server",
            SpanKind::Client => "client",
            SpanKind::Producer => "producer",
            SpanKind::Consumer => "consumer",
            SpanKind::Internal | SpanKind::Unspecified => "internal",
        },
        failed: span.status.as_ref().is_some_and(|status| status.code() == wire::status::StatusCode::Error),
        trace_id: hex(&span.trace_id),
        span_id: hex(&span.span_id),
        parent_span_id: hex(&span.parent_span_id),
        links: span.links.iter().map(|link| (hex(&link.trace_id), hex(&link.span_id))).collect(),
        attributes: attributes(span.attributes),
        name: span.name,
    }
}

fn attributes(attributes: Vec<KeyValue>) -> BTreeMap<String, String> {
    attributes.into_iter().map(|attribute| (attribute.key, text(attribute.value))).collect()
}

fn text(value: Option<AnyValue>) -> String {
    match value.and_then(|value| value.value) {
        Some(Value::StringValue(text)) => text,
        Some(Value::BoolValue(flag)) => flag.to_string(),
        Some(Value::IntValue(number)) => number.to_string(),
        Some(Value::DoubleValue(number)) => number.to_string(),
        Some(other) => format!("{other:?}"),
        None => String::new(),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
