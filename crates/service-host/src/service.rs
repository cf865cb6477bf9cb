//! A service at a glance: what it stores, answers, reads and calls.

use std::sync::Arc;
use std::time::Duration;

use catalogue::Catalogue;
use delivery::intents::{self, IntentSetup};
use delivery::{Consumer, Handler, IntentHandler, Policy};
use futures::future::BoxFuture;
use messaging::{Broker, ObjectStore};
use store::{Migration, Store};
use tokio_util::sync::CancellationToken;
use tonic::body::Body;
use tonic::server::NamedService;
use tonic::service::RoutesBuilder;

use crate::config::Config;

/// What a running service has at hand.
#[derive(Clone)]
pub struct Context {
    /// Its own store.
    pub store: Store,
    /// What there is, in this process and around it.
    pub catalogue: Catalogue,
    /// The broker.
    pub broker: Arc<dyn Broker>,
    /// Bodies too large for a message.
    pub objects: Arc<dyn ObjectStore>,
    /// The process's configuration.
    pub config: Arc<Config>,
}

type Routed = Box<dyn FnOnce(&mut RoutesBuilder, &Context) -> &'static str + Send>;
type Reader = Box<dyn FnOnce(&Context) -> Consumer + Send>;
type Task = Box<dyn FnOnce(Context, CancellationToken) -> BoxFuture<'static, ()> + Send>;
type Prepare = Box<dyn FnOnce(&Context) -> Result<(), Box<dyn std::error::Error + Send + Sync>> + Send>;
type Caller = Box<dyn FnOnce(&Context, IntentSetup, CancellationToken) -> BoxFuture<'static, ()> + Send>;

/// A service, registered part by part; the host runs it.
pub struct Service {
    pub(crate) name: &'static str,
    pub(crate) migrations: &'static [Migration],
    pub(crate) consumers: Vec<Reader>,
    pub(crate) commands: Option<Consumer>,
    pub(crate) grpc: Vec<Routed>,
    pub(crate) tasks: Vec<Task>,
    pub(crate) callers: Vec<(&'static str, Policy, Caller)>,
    pub(crate) preparations: Vec<Prepare>,
}

impl Service {
    /// A service of this name; its database, its commands and its log carry it.
    pub fn new(name: &'static str) -> Self {
        Self {
            name,
            migrations: &[],
            consumers: Vec::new(),
            commands: None,
            grpc: Vec::new(),
            tasks: Vec::new(),
            callers: Vec::new(),
            preparations: Vec::new(),
        }
    }

    /// The tables of its own, oldest step first.
    pub fn migrations(mut self, migrations: &'static [Migration]) -> Self {
        self.migrations = migrations;
        self
    }

    /// Opens what the service has beside its store, before anything of it runs; the process does not start if that fails.
    pub fn prepare<E>(mut self, open: impl FnOnce(&Context) -> Result<(), E> + Send + 'static) -> Self
    where
        E: std::error::Error + Send + Sync + 'static,
    {
        self.preparations.push(Box::new(|context| open(context).map_err(Into::into)));
        self
    }

    /// Answers calls.
    pub fn grpc<S>(mut self, server: impl FnOnce(Context) -> S + Send + 'static) -> Self
    where
        S: tonic::codegen::Service<http::Request<Body>, Error = std::convert::Infallible> + NamedService + Clone + Send + Sync + 'static,
        S::Response: axum::response::IntoResponse,
        S::Future: Send + 'static,
    {
        self.grpc.push(Box::new(move |routes, context| {
            routes.add_service(server(context.clone()));
            S::NAME
        }));
        self
    }

    /// Obeys a command, `commands.<service>.<verb>.<key>`.
    pub fn command<H: Handler>(self, handler: H) -> Self {
        self.commands(|consumer| consumer.on(handler))
    }

    /// What else holds for its commands: undo pairs, the reply when one is exhausted, the policy.
    pub fn commands(mut self, set: impl FnOnce(Consumer) -> Consumer) -> Self {
        let commands = self.commands.take().unwrap_or_else(|| Consumer::new("commands"));
        self.commands = Some(set(commands));
        self
    }

    /// Reads events.
    pub fn consumer(self, consumer: Consumer) -> Self {
        self.consumer_from(|_| consumer)
    }

    /// The same for a consumer that needs what the service has at hand: the catalogue, say, to read every domain.
    pub fn consumer_from(mut self, make: impl FnOnce(&Context) -> Consumer + Send + 'static) -> Self {
        self.consumers.push(Box::new(make));
        self
    }

    /// Makes calls to the outside world.
    pub fn intent<H: IntentHandler>(self, handler: H) -> Self {
        self.intent_with(handler, Policy::outside())
    }

    /// The same with another policy than ten calls at a time.
    pub fn intent_with<H: IntentHandler>(self, handler: H, policy: Policy) -> Self {
        self.intent_from(move |_| handler, policy)
    }

    /// The same for a handler that needs what the service has at hand.
    pub fn intent_from<H: IntentHandler>(mut self, make: impl FnOnce(&Context) -> H + Send + 'static, policy: Policy) -> Self {
        let caller: Caller = Box::new(move |context, setup, stop| Box::pin(intents::start(setup, make(context), stop)));
        self.callers.push((H::KIND, policy, caller));
        self
    }

    /// Runs beside the rest until the token is cancelled.
    pub fn task<F>(mut self, task: impl FnOnce(Context, CancellationToken) -> F + Send + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.tasks.push(Box::new(move |context, stop| Box::pin(task(context, stop))));
        self
    }

    /// Its name.
    pub fn name(&self) -> &'static str {
        self.name
    }
}

/// How long one call to the outside world may take.
pub(crate) const CALL_TIMEOUT: Duration = Duration::from_secs(30);
