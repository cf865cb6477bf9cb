//! What every gRPC call goes through: ids, limits, deadlines, codes.

use std::time::Duration;

use hyper_util::client::legacy::Client as Raw;
use hyper_util::rt::TokioExecutor;
use service_host::grpc::Settings;
use tokio_stream::StreamExt;
use tonic::body::Body;
use tonic::{Code, Request};
use tonic_prost::ProstCodec;
use tonic_types::StatusExt;

use crate::probe::{NAME, SOON, Server, path};

fn with(name: &'static str, value: &str, word: &str) -> Request<String> {
    let mut request = Request::new(word.to_owned());
    request.metadata_mut().insert(name, value.parse().expect("a header"));
    request
}

#[tokio::test]
async fn the_callers_correlation_id_and_trace_reach_the_handler_and_come_back() {
    let server = Server::start(Settings::default()).await;
    let mut request = with("x-correlation-id", "order-42_a", "seen");
    request.metadata_mut().insert("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".parse().expect("a header"));
    let answer = server.client().await.send(request).await.expect("an answer");
    assert_eq!(answer.get_ref(), "Some(\"order-42_a\") 4bf92f3577b34da6a3ce929d0e0e4736");
    assert_eq!(answer.metadata().get("x-correlation-id").expect("the id"), "order-42_a");
    assert!(answer.metadata().get("traceparent").expect("the trace").to_str().expect("text").contains("4bf92f3577b34da6a3ce929d0e0e4736"));
}

#[tokio::test]
async fn a_refusal_carries_the_correlation_id_too() {
    let server = Server::start(Settings::default()).await;
    let refusal = server.client().await.send(with("x-correlation-id", "c-1", "fail")).await.expect_err("a refusal");
    assert_eq!(refusal.code(), Code::NotFound);
    assert_eq!(refusal.metadata().get("x-correlation-id").expect("the id"), "c-1");
}

#[tokio::test]
async fn without_a_correlation_id_the_request_id_is_it_and_else_a_new_one() {
    let server = Server::start(Settings::default()).await;
    let client = server.client().await;
    let by_request = client.say("start r-7").await.expect("an answer");
    assert_eq!(by_request.metadata().get("x-correlation-id").expect("the id"), "r-7");
    let new = client.say("start not an id!").await.expect("an answer");
    let id = new.metadata().get("x-correlation-id").expect("the id").to_str().expect("text").to_owned();
    assert_eq!((&id, id.len()), (new.get_ref(), 36));
    assert_eq!(client.send(with("x-correlation-id", "c-1", "start r-7")).await.expect("an answer").get_ref(), "c-1");
    assert!(client.say("just asking").await.expect("an answer").metadata().get("x-correlation-id").is_none());
}

#[tokio::test]
async fn a_correlation_id_that_is_none_is_refused_before_the_handler() {
    let server = Server::start(Settings::default()).await;
    for bad in ["with space", &"x".repeat(65), "a.b", ""] {
        let refusal = server.client().await.send(with("x-correlation-id", bad, "hang")).await.expect_err("a refusal");
        assert_eq!(refusal.code(), Code::InvalidArgument, "{bad}");
        assert_eq!(refusal.get_details_bad_request().expect("violations").field_violations[0].field, "x-correlation-id");
    }
}

#[tokio::test]
async fn a_handler_that_takes_too_long_is_deadline_exceeded() {
    let server = Server::start(Settings { timeout: Duration::from_millis(50), ..Settings::default() }).await;
    let late = server.client().await.say("hang").await.expect_err("a deadline");
    assert_eq!(late.code(), Code::DeadlineExceeded, "{late:?}");
}

#[tokio::test]
async fn the_callers_own_deadline_is_deadline_exceeded_too() {
    let server = Server::start(Settings::default()).await;
    // tonic's client watches the header itself; this one only sends it.
    let raw = Raw::builder(TokioExecutor::new()).http2_only(true).build_http::<Body>();
    let mut client = tonic::client::Grpc::with_origin(raw, format!("http://{}", server.address).parse().expect("an address"));
    for timeout in ["80m", "3000u"] {
        client.ready().await.expect("ready");
        let request = with("grpc-timeout", timeout, "hang");
        let late = client.unary(request, path("Say"), ProstCodec::<String, String>::default()).await.expect_err("a deadline");
        assert_eq!(late.code(), Code::DeadlineExceeded, "{late:?}");
    }
}

#[tokio::test]
async fn one_call_above_the_limit_is_refused_and_health_still_answers() {
    let server = Server::start(Settings { concurrency: 1, ..Settings::default() }).await;
    let client = server.client().await;
    let holding = tokio::spawn({
        let client = client.clone();
        async move { client.say("hold").await }
    });
    server.strings.reached.one().await;
    // Another connection: the limit is the server's.
    let refusal = server.client().await.say("one more").await.expect_err("a refusal");
    assert_eq!(refusal.code(), Code::ResourceExhausted);
    assert_eq!(refusal.get_details_error_info().expect("a reason").reason, "TOO_MANY_CALLS");
    let mut health = tonic_health::pb::health_client::HealthClient::new(server.channel().await);
    health.check(tonic_health::pb::HealthCheckRequest { service: String::new() }).await.expect("health");

    server.strings.release.notify_one();
    assert_eq!(holding.await.expect("the task").expect("an answer").into_inner(), "hold");
    assert_eq!(client.say("one more").await.expect("an answer").into_inner(), "one more");
}

#[tokio::test]
async fn a_message_too_large_or_not_protobuf_is_the_callers_fault() {
    let server = Server::start(Settings::default()).await;
    let client = server.client().await;
    let large = client.say(&"x".repeat(100_000)).await.expect_err("a refusal");
    let garbled = client.call("Say", Request::new(vec![0xff_u8, 0xfe])).await.expect_err("a refusal");
    for refusal in [large, garbled] {
        assert_eq!(refusal.code(), Code::InvalidArgument, "{refusal:?}");
        assert_eq!(refusal.get_details_bad_request().expect("violations").field_violations[0].field, "request");
    }
}

#[tokio::test]
async fn calls_are_counted_by_method_and_code_wherever_the_code_stands() {
    telemetry::metrics::install();
    let server = Server::start(Settings::default()).await;
    let client = server.client().await;
    client.say("fine").await.expect("an answer");
    client.say("fail").await.expect_err("a refusal");
    let mut failing = client.stream("fail").await.expect("a stream");
    assert_eq!(failing.next().await.expect("a word").expect("a word"), "fail");
    assert_eq!(failing.next().await.expect("an end").expect_err("an error").code(), Code::Aborted);
    drop(client.stream("left alone").await.expect("a stream"));
    client.call("Nowhere", Request::new("x".to_owned())).await.expect_err("no such method");

    let wanted = [
        format!("ensue_grpc_requests_total{{method=\"{NAME}/Say\",code=\"OK\"}}"),
        format!("ensue_grpc_requests_total{{method=\"{NAME}/Say\",code=\"NOT_FOUND\"}}"),
        format!("ensue_grpc_requests_total{{method=\"{NAME}/Stream\",code=\"ABORTED\"}}"),
        format!("ensue_grpc_requests_total{{method=\"{NAME}/Stream\",code=\"CANCELLED\"}}"),
        "ensue_grpc_requests_total{method=\"unknown\",code=\"UNIMPLEMENTED\"}".to_owned(),
        format!("ensue_grpc_seconds_count{{method=\"{NAME}/Stream\"}}"),
    ];
    let deadline = tokio::time::Instant::now() + SOON;
    loop {
        let text = telemetry::metrics::render();
        let missing: Vec<_> = wanted.iter().filter(|line| !text.contains(line.as_str())).collect();
        if missing.is_empty() {
            assert!(!text.contains("Nowhere"), "a stranger's path became a time series");
            return;
        }
        assert!(tokio::time::Instant::now() < deadline, "not counted: {missing:?}\n{text}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
