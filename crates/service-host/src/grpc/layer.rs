//! The layer around all services: correlation and trace in, limits, ids and codes out.

use std::convert::Infallible;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::{Request, Response};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tonic::Status;
use tonic::body::Body;
use tower::{Layer, Service};
use tracing::Instrument;

use super::answer;
use super::call::Call;
use super::context::RequestContext;
use super::limits;
use crate::status;

/// What every call goes through. Cheap to clone; clones share their limit.
#[derive(Clone, Debug)]
pub struct GrpcLayer {
    timeout: Duration,
    limit: Arc<Semaphore>,
    stopping: CancellationToken,
    abort: CancellationToken,
}

impl GrpcLayer {
    /// A call has `timeout` until its answer begins; `concurrency` calls run at once and one more is RESOURCE_EXHAUSTED, not queued.
    pub fn new(timeout: Duration, concurrency: usize) -> Self {
        let limit = Arc::new(Semaphore::new(concurrency.min(Semaphore::MAX_PERMITS)));
        Self { timeout, limit, stopping: CancellationToken::new(), abort: CancellationToken::new() }
    }

    /// Cancelling it ends open streams with UNAVAILABLE; calls that compute an answer go on.
    pub fn stopping(&self) -> &CancellationToken {
        &self.stopping
    }

    /// Cancelling it drops the handlers that are still at work, and answers UNAVAILABLE for them.
    pub fn abort(&self) -> &CancellationToken {
        &self.abort
    }

    fn admit(&self, request: &Request<Body>) -> Result<Call, Status> {
        let path = request.uri().path();
        let context = RequestContext::read(request.headers(), self.stopping.clone());
        let mut call = Call::start(path, context.clone().unwrap_or_default());
        let admitted = context.and_then(|_| {
            if !Call::is_infrastructure(path) {
                let full = |_| {
                    status::resource_exhausted("TOO_MANY_CALLS", "the server is at its limit of concurrent calls; try again a little later")
                };
                call.permit = Some(self.limit.clone().try_acquire_owned().map_err(full)?);
            }
            Ok(())
        });
        match admitted {
            Ok(()) => Ok(call),
            Err(refusal) => {
                call.code = Some(refusal.code());
                Err(refusal)
            }
        }
    }
}

impl<S> Layer<S> for GrpcLayer {
    type Service = Calls<S>;

    fn layer(&self, inner: S) -> Calls<S> {
        Calls { layer: self.clone(), inner }
    }
}

/// The services inside a [`GrpcLayer`].
#[derive(Clone, Debug)]
pub struct Calls<S> {
    layer: GrpcLayer,
    inner: S,
}

impl<S> Service<Request<Body>> for Calls<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let call = match self.layer.admit(&request) {
            Ok(call) => call,
            Err(refusal) => return Box::pin(std::future::ready(Ok(refusal.into_http()))),
        };
        let allowed = limits::allowed(request.headers(), self.layer.timeout);
        request.extensions_mut().insert(call.context.clone());
        let ready = self.inner.clone();
        let mut inner = mem::replace(&mut self.inner, ready);
        let abort = self.layer.abort.clone();
        Box::pin(async move {
            let handler = inner.call(request).instrument(call.span.clone());
            let answer = tokio::select! {
                biased;
                answer = handler => answer?,
                () = tokio::time::sleep(allowed) => too_late(allowed).into_http(),
                () = abort.cancelled() => status::unavailable("STOPPING", "the server stopped before there was an answer").into_http(),
            };
            Ok(answer::finish(call, answer))
        })
    }
}

fn too_late(allowed: Duration) -> Status {
    let milliseconds = allowed.as_millis().to_string();
    status::deadline_exceeded(&format!("no answer within {milliseconds} ms"), [("milliseconds", milliseconds)])
}
