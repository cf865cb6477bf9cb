//! The server span of a call, as a collector receives it.

use service_host::grpc::Settings;
use testkit::otlp::Otlp;
use tonic::Request;

use crate::probe::{SOON, Server};

/// On one thread: the subscriber is this thread's, and so reaches the server's tasks.
#[tokio::test]
async fn a_call_is_a_server_span_of_its_service_under_the_callers_span() {
    let otlp = Otlp::start().await.expect("a receiver");
    let settings = telemetry::Settings {
        otlp_endpoint: Some(otlp.endpoint().to_owned()),
        filter: "off".to_owned(),
        ..telemetry::Settings::new("ensue")
    };
    let (subscriber, guard) = telemetry::subscriber(&settings).expect("telemetry");
    let _here = tracing::dispatcher::set_default(&subscriber);

    let server = Server::start(Settings::default()).await;
    let mut request = Request::new("start r-1".to_owned());
    request.metadata_mut().insert("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".parse().expect("a header"));
    let answer = server.client().await.send(request).await.expect("an answer");
    server.client().await.say("fail").await.expect_err("a refusal");
    let mut unrecorded = Request::new("unrecorded".to_owned());
    unrecorded.metadata_mut().insert("traceparent", "00-5bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00".parse().expect("a header"));
    server.client().await.send(unrecorded).await.expect("an answer");
    assert!(guard.shutdown(SOON).await);

    let spans = otlp.spans();
    assert_eq!(spans.len(), 2, "one for each recorded call: {spans:#?}");
    let (started, failed) = (&spans[0], &spans[1]);
    assert_eq!((started.name.as_str(), started.kind, started.service.as_str()), ("ensue.probe.v1.ProbeService/Say", "server", "probe"));
    assert_eq!((started.trace_id.as_str(), started.parent_span_id.as_str()), ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"));
    assert_eq!(started.attributes["ensue.correlation_id"], "r-1");
    assert_eq!((started.attributes["rpc.method"].as_str(), started.attributes["rpc.grpc.status_code"].as_str()), ("Say", "0"));
    let returned = answer.metadata().get("traceparent").expect("the trace").to_str().expect("text");
    assert_eq!(returned, format!("00-{}-{}-01", started.trace_id, started.span_id));

    assert_eq!(failed.parent_span_id, "", "a call without a context starts a trace");
    assert_eq!((failed.attributes["rpc.grpc.status_code"].as_str(), failed.failed), ("5", false), "NOT_FOUND is no fault of the server");
}
