//! The HTTP port for machines: `/metrics` for Prometheus, `/healthz` for whoever restarts the process.

use std::io;
use std::sync::Arc;

use axum::Router;
use axum::http::{StatusCode, header};
use axum::routing::get;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Serves until `stop`. `/healthz` answers 200 while `ready` says so and 503 otherwise.
pub async fn serve(listener: TcpListener, ready: impl Fn() -> bool + Send + Sync + 'static, stop: CancellationToken) -> io::Result<()> {
    telemetry::metrics::install();
    let ready = Arc::new(ready);
    let health =
        move || async move { if ready() { (StatusCode::OK, "ready\n") } else { (StatusCode::SERVICE_UNAVAILABLE, "not ready\n") } };
    let metrics = || async { ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], telemetry::metrics::render()) };
    let router = Router::new().route("/metrics", get(metrics)).route("/healthz", get(health));
    axum::serve(listener, router).with_graceful_shutdown(stop.cancelled_owned()).await
}
