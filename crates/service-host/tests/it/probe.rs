//! A gRPC service under test, its server, and a client: `ensue.probe.v1.ProbeService`, text in, text out.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::uri::PathAndQuery;
use service_host::grpc::{self, Health, RequestContext, Settings};
use service_host::{listener, status};
use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinHandle;
use tokio_stream::{Stream, StreamExt};
use tokio_util::sync::CancellationToken;
use tonic::body::Body;
use tonic::server::{Grpc, NamedService};
use tonic::service::Routes;
use tonic::transport::Channel;
use tonic::{Request, Response, Status};
use tonic_prost::ProstCodec;

pub const NAME: &str = "ensue.probe.v1.ProbeService";
pub const SOON: Duration = Duration::from_secs(10);

/// What a test holds in its hands of a running probe.
#[derive(Default)]
pub struct Strings {
    /// One permit for each call that has reached its handler.
    pub reached: Reached,
    /// Lets calls of `hold` go.
    pub release: Notify,
}

pub struct Reached(Semaphore);

impl Default for Reached {
    fn default() -> Self {
        Self(Semaphore::new(0))
    }
}

impl Reached {
    pub async fn one(&self) {
        tokio::time::timeout(SOON, self.0.acquire()).await.expect("no call reached its handler").expect("open").forget();
    }
}

#[derive(Clone)]
struct Probe(Arc<Strings>);

impl NamedService for Probe {
    const NAME: &'static str = NAME;
}

type Words = Pin<Box<dyn Stream<Item = Result<String, Status>> + Send>>;

impl Probe {
    /// `hold` waits for a release, `hang` for ever; `seen` says what the handler knows; `fail` fails.
    async fn say(self, request: Request<String>) -> Result<Response<String>, Status> {
        let context: RequestContext = grpc::context(&request);
        self.0.reached.0.add_permits(1);
        match request.get_ref().as_str() {
            "hold" => self.0.release.notified().await,
            "hang" => std::future::pending().await,
            "fail" => return Err(status::not_found("order", "o-1")),
            "seen" => return Ok(Response::new(format!("{:?} {}", context.correlation_id(), context.trace().trace_id()))),
            text => {
                if let Some(request_id) = text.strip_prefix("start ") {
                    return Ok(Response::new(context.correlate(request_id).to_owned()));
                }
            }
        }
        Ok(Response::new(request.into_inner()))
    }

    /// `fail` fails after a word; anything else is said once and then waits for ever.
    async fn stream(self, request: Request<String>) -> Result<Response<Words>, Status> {
        let word = request.into_inner();
        let rest: Words = match word.as_str() {
            "fail" => Box::pin(tokio_stream::once(Err(status::aborted("STALE", "it changed", [])))),
            _ => Box::pin(tokio_stream::pending()),
        };
        Ok(Response::new(Box::pin(tokio_stream::once(Ok(word)).chain(rest))))
    }
}

impl tower::Service<http::Request<Body>> for Probe {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let probe = self.clone();
        let mut grpc = Grpc::new(ProstCodec::<String, String>::default()).apply_max_message_size_config(Some(64 << 10), None);
        Box::pin(async move {
            Ok(match request.uri().path().rsplit('/').next() {
                Some("Say") => grpc.unary(tower::service_fn(move |request| probe.clone().say(request)), request).await,
                Some("Stream") => grpc.server_streaming(tower::service_fn(move |request| probe.clone().stream(request)), request).await,
                _ => Status::unimplemented("no such method").into_http(),
            })
        })
    }
}

/// A running server with the probe, health and reflection.
pub struct Server {
    pub address: std::net::SocketAddr,
    pub strings: Arc<Strings>,
    pub health: Health,
    pub stop: CancellationToken,
    pub serving: JoinHandle<Result<(), tonic::transport::Error>>,
}

impl Server {
    pub async fn start(settings: Settings) -> Self {
        let strings = Arc::new(Strings::default());
        let listener = listener::bind("127.0.0.1", 0, "grpc.port").await.expect("a free port");
        let address = listener.local_addr().expect("its address");
        let services = Routes::new(Probe(strings.clone()));
        let (routes, health) =
            grpc::surface(services, &[NAME, "sample.orders.v1.OrderService"], testkit::sample::catalogue().descriptors())
                .await
                .expect("descriptors");
        let stop = CancellationToken::new();
        let (stopping, reported) = (stop.clone(), health.clone());
        let serving = tokio::spawn(async move { grpc::serve(listener, routes, reported, &settings, stopping).await });
        Self { address, strings, health, stop, serving }
    }

    pub async fn client(&self) -> Client {
        Client(tonic::client::Grpc::new(self.channel().await))
    }

    pub async fn channel(&self) -> Channel {
        let endpoint = Channel::from_shared(format!("http://{}", self.address)).expect("an address");
        endpoint.connect().await.expect("a connection")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

#[derive(Clone)]
pub struct Client(tonic::client::Grpc<Channel>);

pub fn path(method: &str) -> PathAndQuery {
    PathAndQuery::try_from(format!("/{NAME}/{method}")).expect("a path")
}

impl Client {
    pub async fn say(&self, word: &str) -> Result<Response<String>, Status> {
        self.send(Request::new(word.to_owned())).await
    }

    pub async fn send(&self, request: Request<String>) -> Result<Response<String>, Status> {
        self.call("Say", request).await
    }

    pub async fn call<M: prost::Message + Default + 'static>(&self, method: &str, request: Request<M>) -> Result<Response<String>, Status> {
        let mut grpc = self.0.clone();
        grpc.ready().await.map_err(|error| Status::unknown(error.to_string()))?;
        grpc.unary(request, path(method), ProstCodec::<M, String>::default()).await
    }

    pub async fn stream(&self, word: &str) -> Result<tonic::Streaming<String>, Status> {
        let mut grpc = self.0.clone();
        grpc.ready().await.map_err(|error| Status::unknown(error.to_string()))?;
        let request = Request::new(word.to_owned());
        Ok(grpc.server_streaming(request, path("Stream"), ProstCodec::<String, String>::default()).await?.into_inner())
    }
}
