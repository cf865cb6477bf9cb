//! Runs services in one process: stores, relays, consumers, the gRPC port; and stops them in order.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use catalogue::Catalogue;
use delivery::consumer::{self, ConsumerHandle, Setup};
use delivery::door::Door;
use delivery::intents::{self, IntentSetup};
use delivery::relay::{self, RelaySettings, RelayState};
use delivery::trim::{self, TrimSettings};
use delivery::watch::{self, WatchSettings, Watched};
use delivery::{Consumer, Mode, Policy, dead_desk, logserver};
use messaging::{Broker, Responder, StreamSpec};
use store::{Clock, Dialect, Place, Store, StoreError};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tonic::service::RoutesBuilder;

use crate::config::{self, Backend, Config};
use crate::grpc;
use crate::listener::{self, BindError};
use crate::service::{CALL_TIMEOUT, Context, Service};
use crate::shutdown::within;

/// Publishes in flight per stream.
const WINDOW: usize = 1024;

/// Why the process did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A port.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// A store.
    #[error("store of {service}: {error}")]
    Store {
        /// Whose.
        service: &'static str,
        /// What is wrong.
        error: StoreError,
    },
    /// Something of a service's own.
    #[error("{service}: {error}")]
    Service {
        /// Whose.
        service: &'static str,
        /// What is wrong.
        error: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The broker.
    #[error("broker at {url}: {error}")]
    Broker {
        /// Where it should be; see `nats.url`.
        url: String,
        /// What is wrong.
        error: String,
    },
    /// Reflection.
    #[error("reflection: {0}")]
    Reflection(#[from] tonic_reflection::server::Error),
}

/// One running service, from outside.
pub struct Hosted {
    /// Its name.
    pub name: &'static str,
    /// What it has at hand.
    pub context: Context,
    /// Its consumers.
    pub consumers: Vec<ConsumerHandle>,
    /// Its relay.
    pub relay: Arc<RelayState>,
    _answering: Vec<Box<dyn Responder>>,
}

/// A running process.
pub struct Running {
    /// Where gRPC answers.
    pub grpc: SocketAddr,
    /// Where `/metrics` answers.
    pub metrics: SocketAddr,
    /// What runs.
    pub services: Vec<Hosted>,
    stop: CancellationToken,
    relays: CancellationToken,
    taking: TaskTracker,
    calls: TaskTracker,
    relaying: TaskTracker,
    serving: TaskTracker,
    deadline: Duration,
}

/// Starts these services. Everything that can fail fails here, ports first.
pub async fn start(config: Config, catalogue: Catalogue, services: Vec<Service>) -> Result<Running, StartError> {
    let config = Arc::new(config);
    let catalogue = catalogue.with_services(services.iter().map(Service::name));
    let grpc_port = listener::bind(&config.grpc.host, config.grpc.port, "grpc.port").await?;
    let metrics_port = listener::bind(&config.metrics.host, config.metrics.port, "metrics.port").await?;
    let unknown = |error: std::io::Error| BindError::Failed {
        host: config.grpc.host.clone(),
        port: config.grpc.port,
        setting: "grpc.port",
        variable: config::variable("grpc.port"),
        source: error,
    };
    let (grpc, metrics) = (grpc_port.local_addr().map_err(unknown)?, metrics_port.local_addr().map_err(unknown)?);

    let connection = connect(&config, "ensue").await?;
    let broker: Arc<dyn Broker> = connection.clone();
    // A connection of its own: what the client re-sends after a reconnect must not mix with anything else.
    let relay_broker: Arc<dyn Broker> = connect(&config, "ensue-relay").await?;
    let streams: Arc<HashMap<String, StreamSpec>> =
        Arc::new(crate::streams::of(&config, &catalogue).into_iter().map(|spec| (spec.name.clone(), spec)).collect());
    crate::streams::declare(broker.as_ref(), &streams).await.map_err(|error| broker_error(&config, &error))?;
    let (stop, relays) = (CancellationToken::new(), CancellationToken::new());
    let (taking, calls) = (TaskTracker::new(), TaskTracker::new());
    let (relaying, serving) = (TaskTracker::new(), TaskTracker::new());
    let mut routes = RoutesBuilder::default();
    let mut names = Vec::new();
    let mut hosted = Vec::new();
    let owner = messaging::root_id();
    for service in services {
        let name = service.name;
        let store = Store::open(&place(&config), name, service.migrations, Clock::system())
            .await
            .map_err(|error| StartError::Store { service: name, error })?;
        if store.dialect() == Dialect::Sqlite {
            let failed = |error| StartError::Store { service: name, error };
            intents::release_all(&store).await.map_err(failed)?;
            store.write(|work| Box::pin(store::leases::end_all(work))).await.map_err(failed)?;
        }
        let context = Context {
            store: store.clone(),
            catalogue: catalogue.clone(),
            broker: broker.clone(),
            objects: connection.clone(),
            config: config.clone(),
        };
        for prepare in service.preparations {
            prepare(&context).map_err(|error| StartError::Service { service: name, error })?;
        }
        let relay = Arc::new(RelayState::default());
        let settings = RelaySettings { streams: streams.clone(), window: WINDOW, owner: owner.clone() };
        relaying.spawn(relay::run(store.clone(), relay_broker.clone(), settings, relay.clone(), relays.clone()));
        let mut answering = logserver::serve(&store, broker.as_ref()).await.map_err(|error| broker_error(&config, &error))?;

        let partitions = delivery::share(&store, &owner, &taking, stop.clone());
        let setup = |consumer: Consumer, door: Option<Door>, filters| Setup {
            store: store.clone(),
            broker: broker.clone(),
            catalogue: catalogue.clone(),
            consumer: configured(&config, name, consumer),
            streams: streams.clone(),
            door,
            filters,
            partitions: partitions.clone(),
        };
        let mut consumers = Vec::new();
        for make in service.consumers {
            let definition = make(&context);
            if definition.keeps_foreign() {
                // What is published by hand and no door looks at.
                let strays = Consumer::reading("strays", messaging::INGEST);
                let door = Some(Door::of_nobody(name, &catalogue));
                consumers.push(consumer::start(setup(strays, door, HashMap::new()), &taking, stop.clone()));
            }
            consumers.push(consumer::start(setup(definition, None, HashMap::new()), &taking, stop.clone()));
        }
        if let Some(commands) = service.commands {
            let door = Some(Door::new(name, &catalogue));
            consumers.push(consumer::start(setup(commands, door, HashMap::new()), &taking, stop.clone()));
        }
        let door = Door::new(name, &catalogue);
        let subjects = door.subjects();
        if !subjects.is_empty() {
            let filters = HashMap::from([(messaging::INGEST.to_owned(), subjects)]);
            let definition = Consumer::reading("door", messaging::INGEST);
            consumers.push(consumer::start(setup(definition, Some(door), filters), &taking, stop.clone()));
        }
        answering.extend(dead_desk::serve(&store, &broker, &catalogue, &consumers).await.map_err(|error| broker_error(&config, &error))?);
        let watched = Watched { store: store.clone(), relay: relay.clone(), consumers: consumers.clone() };
        taking.spawn(watch::run(watched, WatchSettings::default(), stop.clone()));
        let days = |days: u64| Duration::from_secs(days * 24 * 3600);
        let kept = TrimSettings {
            requests: days(config.retention.requests_days),
            tombstones: days(config.retention.tombstones_days),
            ..TrimSettings::default()
        };
        taking.spawn(trim::run(store.clone(), kept, stop.clone()));
        for (kind, policy, caller) in service.callers {
            let policy = policy_of(&config, &format!("{name}-{kind}"), policy);
            let setup = IntentSetup { store: store.clone(), broker: broker.clone(), policy, timeout: CALL_TIMEOUT };
            taking.spawn(caller(&context, setup, stop.clone()));
        }
        for task in service.tasks {
            taking.spawn(task(context.clone(), stop.clone()));
        }
        for routed in service.grpc {
            names.push(routed(&mut routes, &context));
        }
        hosted.push(Hosted { name, context, consumers, relay, _answering: answering });
    }

    let (routes, health) = grpc::surface(routes.routes(), &names, catalogue.descriptors()).await?;
    let settings = grpc::Settings {
        timeout: Duration::from_millis(config.grpc.timeout_ms),
        concurrency: config.grpc.concurrency,
        drain: Duration::from_millis(config.shutdown_ms),
    };
    let ready = Arc::new(AtomicBool::new(true));
    calls.spawn({
        let stop = stop.clone();
        async move {
            if let Err(error) = grpc::serve(grpc_port, routes, health, &settings, stop).await {
                tracing::error!(%error, "gRPC port closed");
            }
        }
    });
    serving.spawn({
        let (stop, ready) = (relays.clone(), ready.clone());
        async move {
            let _ = crate::metrics::serve(metrics_port, move || ready.load(Ordering::Relaxed), stop).await;
        }
    });
    let deadline = Duration::from_millis(config.shutdown_ms);
    Ok(Running { grpc, metrics, services: hosted, stop, relays, taking, calls, relaying, serving, deadline })
}

impl Running {
    /// Stops taking, finishes what is held, flushes the relays, closes; within the deadline.
    pub async fn stop(self) {
        self.stop.cancel();
        self.taking.close();
        self.calls.close();
        // Both still commit, and what they commit is to go out.
        tokio::join!(within(self.deadline, "consumers", self.taking.wait()), within(self.deadline, "calls", self.calls.wait()));
        self.relays.cancel();
        self.relaying.close();
        within(self.deadline, "relays", self.relaying.wait()).await;
        self.serving.close();
        within(self.deadline, "ports", self.serving.wait()).await;
        for hosted in &self.services {
            within(self.deadline, "stores", hosted.context.store.close()).await;
        }
    }

    /// A service of this process.
    pub fn service(&self, name: &str) -> Option<&Hosted> {
        self.services.iter().find(|hosted| hosted.name == name)
    }
}

async fn connect(config: &Config, name: &str) -> Result<Arc<messaging_nats::NatsBroker>, StartError> {
    let mut options = messaging_nats::Options::new(&config.nats.url, name);
    options.replicas = config.nats.replicas;
    let broker = messaging_nats::NatsBroker::connect(options).await.map_err(|error| broker_error(config, &error))?;
    Ok(Arc::new(broker))
}

fn broker_error(config: &Config, error: &impl std::fmt::Display) -> StartError {
    StartError::Broker { url: config.nats.url.clone(), error: error.to_string() }
}

fn place(config: &Config) -> Place {
    match config.store.backend {
        Backend::Sqlite => Place::Sqlite { folder: config.data_dir.clone() },
        Backend::Postgres => Place::Postgres { url: config.store.postgres_url.clone(), prefix: String::new() },
    }
}

fn configured(config: &Config, service: &str, consumer: Consumer) -> Consumer {
    let policy = policy_of(config, &format!("{service}-{}", consumer.name()), consumer.settings().clone());
    consumer.policy(policy)
}

/// What `[consumers.<name>]` says; else `[retry]` for attempts, waits and jitter, and the consumer's own policy for the rest.
fn policy_of(config: &Config, name: &str, own: Policy) -> Policy {
    let set = config.consumer(name);
    let waits = |list: Vec<u64>| list.into_iter().map(Duration::from_millis).collect::<Vec<_>>();
    Policy {
        attempts: set.attempts.unwrap_or(config.retry.attempts),
        waits: waits(set.backoff_ms.unwrap_or_else(|| config.retry.backoff_ms.clone())),
        jitter: config.retry.jitter,
        prefetch: set.prefetch.unwrap_or(own.prefetch),
        batch: set.batch.unwrap_or(own.batch),
        mode: match set.mode {
            None => own.mode,
            Some(config::Mode::ExactlyOnce) => Mode::ExactlyOnce,
            Some(config::Mode::AtLeastOnce) => Mode::AtLeastOnce,
            Some(config::Mode::AtMostOnce) => Mode::AtMostOnce,
        },
        parked_limit: own.parked_limit,
    }
}
