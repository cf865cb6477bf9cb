//! Settings that can't be meant are refused at start.

use telemetry::{InitError, Settings, subscriber};

fn refusal(settings: Settings) -> String {
    match subscriber(&settings) {
        Err(error @ (InitError::Filter { .. } | InitError::Endpoint { .. } | InitError::Ratio(_))) => error.to_string(),
        Err(other) => panic!("another refusal: {other}"),
        Ok(_) => panic!("not refused: {settings:?}"),
    }
}

#[test]
fn a_bad_filter_endpoint_or_ratio_is_named() {
    let exporting = Settings { otlp_endpoint: Some("http://127.0.0.1:4317".to_owned()), ..Settings::new("ensue") };
    assert!(refusal(Settings { filter: "info,orders=loud".to_owned(), ..exporting.clone() }).contains("orders=loud"));
    assert!(refusal(Settings { otlp_endpoint: Some("localhost:4317".to_owned()), ..exporting.clone() }).contains("localhost:4317"));
    assert!(refusal(Settings { sample_ratio: 1.5, ..exporting }).contains("1.5"));
}
