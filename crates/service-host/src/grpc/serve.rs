//! Serves a port until it is told to stop, and stops in a bounded time.

use std::time::Duration;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;

use super::layer::GrpcLayer;
use super::surface::Health;
use crate::shutdown::within;

/// How often an idle connection is asked whether it lives, and how long it may take to say so.
const KEEPALIVE: (Duration, Duration) = (Duration::from_secs(30), Duration::from_secs(10));
/// Between "not serving" and the end of streams, so that whoever watches health turns elsewhere first.
const BEAT: Duration = Duration::from_millis(50);
/// For connections to close once nothing runs on them any more.
const CLOSING: Duration = Duration::from_secs(1);

/// Bounds of a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// From a request to the beginning of its answer.
    pub timeout: Duration,
    /// Calls at once, over all connections.
    pub concurrency: usize,
    /// From the stop to the last answer.
    pub drain: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self { timeout: Duration::from_secs(30), concurrency: 1_024, drain: Duration::from_secs(10) }
    }
}

/// Serves `routes` and says so in `health`. On `stop`: health says no, streams end, calls get their answers; what is not answered within
/// [`Settings::drain`] is dropped. tonic alone would wait for ever for one open stream.
///
/// Errors when the listener fails.
pub async fn serve(
    listener: TcpListener,
    routes: Routes,
    health: Health,
    settings: &Settings,
    stop: CancellationToken,
) -> Result<(), tonic::transport::Error> {
    let layer = GrpcLayer::new(settings.timeout, settings.concurrency);
    let (stopping, abort) = (layer.stopping().clone(), layer.abort().clone());
    let serving = Server::builder()
        .http2_keepalive_interval(Some(KEEPALIVE.0))
        .http2_keepalive_timeout(Some(KEEPALIVE.1))
        .layer(layer)
        .add_routes(routes)
        .serve_with_incoming_shutdown(TcpIncoming::from(listener).with_nodelay(Some(true)), stopping.clone().cancelled_owned());
    let mut serving = Box::pin(serving);

    health.set_all(true).await;
    tokio::select! {
        ended = &mut serving => return ended,
        () = stop.cancelled() => {}
    }
    health.set_all(false).await;
    if let Ok(ended) = tokio::time::timeout(BEAT, &mut serving).await {
        return ended;
    }
    stopping.cancel();
    if let Some(ended) = within(settings.drain, "calls in progress", &mut serving).await {
        return ended;
    }
    abort.cancel();
    within(CLOSING, "open connections", serving).await.unwrap_or(Ok(()))
}
