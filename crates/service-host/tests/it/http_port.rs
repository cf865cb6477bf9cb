//! The metrics port, and ports that are taken.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use http_body_util::{BodyExt, Empty};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use service_host::{listener, metrics};
use tokio_util::sync::CancellationToken;

use crate::probe::SOON;

async fn get(address: std::net::SocketAddr, path: &str) -> (u16, String) {
    let client = Client::builder(TokioExecutor::new()).build_http::<Empty<bytes::Bytes>>();
    let answer = client.get(format!("http://{address}{path}").parse().expect("an address")).await.expect("an answer");
    let code = answer.status().as_u16();
    let body = answer.into_body().collect().await.expect("a body").to_bytes();
    (code, String::from_utf8(body.to_vec()).expect("text"))
}

#[tokio::test]
async fn metrics_and_readiness_are_served_until_the_stop() {
    let listener = listener::bind("127.0.0.1", 0, "metrics.port").await.expect("a free port");
    let address = listener.local_addr().expect("its address");
    let (ready, stop) = (Arc::new(AtomicBool::new(false)), CancellationToken::new());
    let asked = ready.clone();
    let serving = tokio::spawn(metrics::serve(listener, move || asked.load(Ordering::Relaxed), stop.clone()));

    assert_eq!(get(address, "/healthz").await.0, 503);
    ready.store(true, Ordering::Relaxed);
    assert_eq!(get(address, "/healthz").await.0, 200);
    ::metrics::counter!(telemetry::metrics::DEAD_LETTERS, "consumer" => "c", "reason" => "r").increment(1);
    let (code, text) = get(address, "/metrics").await;
    assert!(code == 200 && text.contains("ensue_dead_letters_total{consumer=\"c\",reason=\"r\"} 1"), "{text}");
    stop.cancel();
    tokio::time::timeout(SOON, serving).await.expect("it goes on").expect("the task").expect("a clean end");
}

#[tokio::test]
async fn a_taken_port_names_itself_and_its_setting() {
    let taken = listener::bind("127.0.0.1", 0, "grpc.port").await.expect("a free port");
    let port = taken.local_addr().expect("its address").port();
    let error = listener::bind("127.0.0.1", port, "metrics.port").await.expect_err("taken").to_string();
    assert!(error.contains(&format!("port {port} is taken")) && error.contains("metrics.port (ENSUE__METRICS__PORT)"), "{error}");
    let elsewhere = listener::bind("host.invalid", 1, "grpc.port").await.expect_err("no such host").to_string();
    assert!(elsewhere.contains("host.invalid:1") && elsewhere.contains("grpc.port"), "{elsewhere}");
}
