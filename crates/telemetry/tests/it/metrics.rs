//! The recorder and its rendering.

use telemetry::metrics::{GRPC_REQUESTS, GRPC_SECONDS, install, render};

#[test]
fn what_is_counted_is_rendered_however_often_the_recorder_is_installed() {
    install();
    install();
    metrics::counter!(GRPC_REQUESTS, "method" => "a/B", "code" => "OK").increment(2);
    metrics::histogram!(GRPC_SECONDS, "method" => "a/B").record(0.004);
    let text = render();
    assert!(text.contains("ensue_grpc_requests_total{method=\"a/B\",code=\"OK\"} 2"), "{text}");
    assert!(text.contains("ensue_grpc_seconds_bucket{method=\"a/B\",le=\"0.0025\"} 0"), "{text}");
    assert!(text.contains("ensue_grpc_seconds_bucket{method=\"a/B\",le=\"0.005\"} 1"), "{text}");
    assert!(text.contains("# HELP ensue_grpc_seconds"), "{text}");
}
