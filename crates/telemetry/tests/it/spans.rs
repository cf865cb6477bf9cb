//! Spans, as a collector receives them.

use std::time::{Duration, Instant};

use telemetry::{Guard, Settings, TraceContext};
use testkit::otlp::{Otlp, Span};
use tracing::{Dispatch, info_span};

const SOON: Duration = Duration::from_secs(10);

async fn collector(ratio: f64) -> (Otlp, Dispatch, Guard) {
    let otlp = Otlp::start().await.expect("a receiver");
    let settings = Settings {
        otlp_endpoint: Some(otlp.endpoint().to_owned()),
        sample_ratio: ratio,
        filter: "off".to_owned(),
        ..Settings::new("ensue")
    };
    let (subscriber, guard) = telemetry::subscriber(&settings).expect("telemetry");
    (otlp, subscriber, guard)
}

/// What arrived once everything is sent.
async fn all(otlp: &Otlp, guard: Guard) -> Vec<Span> {
    assert!(guard.shutdown(SOON).await, "not everything was sent");
    otlp.spans()
}

fn named<'a>(spans: &'a [Span], name: &str) -> &'a Span {
    spans.iter().find(|span| span.name == name).unwrap_or_else(|| panic!("no span {name} in {spans:#?}"))
}

#[tokio::test]
async fn two_services_of_one_process_are_two_in_the_collector() {
    let (otlp, subscriber, guard) = collector(1.0).await;
    tracing::dispatcher::with_default(&subscriber, || {
        let carried = info_span!("place", otel.kind = "server", ensue.service = "orders", ensue.correlation_id = "c-1")
            .in_scope(|| info_span!("append").in_scope(TraceContext::current));
        let taken = info_span!("process", otel.kind = "consumer", ensue.service = "inventory");
        carried.adopt(&taken);
        taken.in_scope(|| info_span!("reserve").in_scope(|| ()));
        info_span!("housekeeping").in_scope(|| ());
    });
    let spans = all(&otlp, guard).await;

    let services: Vec<_> =
        ["place", "append", "process", "reserve", "housekeeping"].map(|name| named(&spans, name).service.as_str()).into();
    assert_eq!(services, ["orders", "orders", "inventory", "inventory", "ensue"]);
    let (append, process) = (named(&spans, "append"), named(&spans, "process"));
    assert_eq!(process.parent_span_id, append.span_id);
    assert_eq!(process.links, [], "a link to the parent would hide it from Jaeger");
    assert_eq!((named(&spans, "place").kind, process.kind), ("server", "consumer"));
    assert_eq!(named(&spans, "place").attributes["ensue.correlation_id"], "c-1");
    assert_eq!(otlp.edges(&append.trace_id).into_iter().collect::<Vec<_>>(), [("orders".to_owned(), "inventory".to_owned())]);
    assert_ne!(named(&spans, "housekeeping").trace_id, append.trace_id);
}

#[tokio::test]
async fn a_context_that_nobody_records_makes_no_spans() {
    let (otlp, subscriber, guard) = collector(1.0).await;
    tracing::dispatcher::with_default(&subscriber, || {
        let unsampled =
            TraceContext { traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00".to_owned(), ..Default::default() };
        let span = info_span!("process", ensue.service = "inventory");
        unsampled.adopt(&span);
        let onward = span.in_scope(|| info_span!("reserve").in_scope(TraceContext::current));
        assert_eq!(onward.trace_id(), unsampled.trace_id(), "the trace goes on, unrecorded");
        assert!(!onward.is_sampled());
        info_span!("recorded").in_scope(|| ());
    });
    let spans = all(&otlp, guard).await;
    assert_eq!(spans.iter().map(|span| span.name.as_str()).collect::<Vec<_>>(), ["recorded"]);
}

#[tokio::test]
async fn the_callers_decision_comes_before_the_ratio() {
    let (otlp, subscriber, guard) = collector(0.0).await;
    tracing::dispatcher::with_default(&subscriber, || {
        info_span!("started here").in_scope(|| assert!(!TraceContext::current().is_sampled()));
        let sampled = TraceContext {
            traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".to_owned(),
            tracestate: "vendor=1".to_owned(),
        };
        let span = info_span!("continued");
        sampled.adopt(&span);
        span.in_scope(|| {
            let onward = TraceContext::current();
            assert_eq!((onward.trace_id(), onward.tracestate.as_str()), (sampled.trace_id(), "vendor=1"));
            assert!(onward.is_sampled());
        });
    });
    let spans = all(&otlp, guard).await;
    assert_eq!(
        spans.iter().map(|span| (span.name.as_str(), span.parent_span_id.as_str())).collect::<Vec<_>>(),
        [("continued", "00f067aa0ba902b7")]
    );
}

#[test]
fn what_a_stranger_sent_is_kept_when_it_is_a_trace_context() {
    let good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    assert_eq!(TraceContext::received(good, "a=1").tracestate, "a=1");
    assert_eq!(TraceContext::received(good, "no state\u{1}").tracestate, "");
    assert_eq!(TraceContext::received(good, &"a=1,".repeat(200)).tracestate, "");
    for bad in ["", "00-xyz", "00-00000000000000000000000000000000-00f067aa0ba902b7-01", &format!("{good}-and more")] {
        assert_eq!(TraceContext::received(bad, "a=1"), TraceContext::default(), "{bad}");
    }
}

#[tokio::test]
async fn libraries_and_details_are_not_exported() {
    let (otlp, subscriber, guard) = collector(1.0).await;
    tracing::dispatcher::with_default(&subscriber, || {
        info_span!(target: "h2::client", "frame").in_scope(|| ());
        info_span!(target: "sqlx::query", "query").in_scope(|| ());
        tracing::debug_span!("detail").in_scope(|| info_span!("business").in_scope(|| ()));
    });
    let spans = all(&otlp, guard).await;
    assert_eq!(spans.iter().map(|span| span.name.as_str()).collect::<Vec<_>>(), ["business"]);
}

#[tokio::test]
async fn an_ended_process_does_not_wait_for_a_collector_that_is_away() {
    let away = {
        let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port();
        format!("http://127.0.0.1:{port}")
    };
    let settings = Settings { otlp_endpoint: Some(away), filter: "off".to_owned(), ..Settings::new("ensue") };
    let (subscriber, guard) = telemetry::subscriber(&settings).expect("telemetry");
    tracing::dispatcher::with_default(&subscriber, || info_span!("lost").in_scope(|| ()));
    let started = Instant::now();
    guard.shutdown(Duration::from_millis(300)).await;
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_dropped_guard_sends_what_is_buffered() {
    let (otlp, subscriber, guard) = collector(1.0).await;
    tracing::dispatcher::with_default(&subscriber, || info_span!("last words").in_scope(|| ()));
    tokio::task::spawn_blocking(move || drop(guard)).await.expect("the drop");
    assert_eq!(named(&otlp.spans(), "last words").service, "ensue");
}
