//! What a call commits while the process stops goes out before it ends.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as Waking, Poll};
use std::time::{Duration, Instant};

use http::uri::PathAndQuery;
use messaging::{Broker as _, Cause};
use messaging_nats::{NatsBroker, Options};
use service_host::config::Config;
use service_host::{Context, Service};
use store::{Store, StoreError, params};
use testkit::NatsServer;
use testkit::sample::orders::v1::OrderCancelled;
use tokio::sync::{Notify, Semaphore};
use tonic::body::Body;
use tonic::server::{Grpc, NamedService};
use tonic::transport::Endpoint;
use tonic::{Request, Response, Status};
use tonic_prost::ProstCodec;

use crate::probe::SOON;

/// `ensue.late.v1.LateService`: cancels an order when it is told to go on.
#[derive(Clone)]
struct Late {
    store: Store,
    reached: Arc<Semaphore>,
    go_on: Arc<Notify>,
}

impl NamedService for Late {
    const NAME: &'static str = "ensue.late.v1.LateService";
}

impl Late {
    async fn cancel(self, request: Request<String>) -> Result<Response<String>, Status> {
        self.reached.add_permits(1);
        self.go_on.notified().await;
        let order_id = request.into_inner();
        let event = OrderCancelled { order_id: order_id.clone(), ..Default::default() };
        let write = self.store.write::<_, StoreError, _>(move |work| {
            Box::pin(async move {
                work.emit(&Cause::root("conversation"), &event);
                Ok(())
            })
        });
        write.await.map_err(|error| Status::internal(error.to_string()))?;
        Ok(Response::new(order_id))
    }
}

impl tower::Service<http::Request<Body>> for Late {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Waking<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let (late, mut grpc) = (self.clone(), Grpc::new(ProstCodec::<String, String>::default()));
        Box::pin(async move { Ok(grpc.unary(tower::service_fn(move |request| late.clone().cancel(request)), request).await) })
    }
}

async fn relays(store: &Store) -> i64 {
    let row = store.row("SELECT COUNT(*) AS count FROM leases WHERE name = 'relay' AND until_us > 0", params![]).await;
    row.expect("read").expect("a row").get("count").expect("a count")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_call_commits_while_the_process_stops_is_published_before_it_ends() {
    let (nats, data) = (NatsServer::start().await, tempfile::tempdir().expect("a folder"));
    let mut config = Config { data_dir: data.path().to_owned(), ..Config::default() };
    (config.grpc.port, config.metrics.port) = (0, 0);
    config.nats.url = nats.url();
    let (reached, go_on) = (Arc::new(Semaphore::new(0)), Arc::new(Notify::new()));
    let service = Service::new("orders").grpc({
        let (reached, go_on) = (reached.clone(), go_on.clone());
        move |context: Context| Late { store: context.store, reached, go_on }
    });
    let running = service_host::start(config, testkit::sample::catalogue(), vec![service]).await.expect("a process");
    let store = running.service("orders").expect("hosted").context.store.clone();

    let channel = Endpoint::from_shared(format!("http://{}", running.grpc)).expect("an address").connect().await.expect("a port");
    let calling = tokio::spawn(async move {
        let mut client = tonic::client::Grpc::new(channel);
        client.ready().await.expect("ready");
        let path = PathAndQuery::from_static("/ensue.late.v1.LateService/Cancel");
        client.unary(Request::new("order-1".to_owned()), path, ProstCodec::<String, String>::default()).await
    });
    tokio::time::timeout(SOON, reached.acquire()).await.expect("the call reached its handler").expect("open").forget();
    // It takes its lease beside the start.
    testkit::eventually(SOON, || async { (relays(&store).await == 1).then_some(()) }).await;
    let stopping = tokio::spawn(running.stop());
    // Whoever does not wait for the call has let the lease go long before this.
    let patience = Instant::now() + Duration::from_secs(1);
    while Instant::now() < patience {
        assert_eq!(relays(&store).await, 1, "the relay ends before the call");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    go_on.notify_one();
    let answer: Result<Response<String>, Status> = calling.await.expect("the call");
    assert_eq!(answer.expect("an answer").into_inner(), "order-1");
    stopping.await.expect("an orderly end");

    let broker = NatsBroker::connect(Options::new(nats.url(), "test")).await.expect("a client");
    assert_eq!(broker.state("EVENTS_ORDER").await.expect("an answer").expect("the stream").messages, 1);
}
