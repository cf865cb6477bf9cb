//! A whole process under test: a real `nats-server`, fresh databases, the services on free ports, and the tools of somebody outside.
//!
//! ```no_run
//! # async fn example() {
//! use testkit::Process;
//!
//! let process = Process::of(&[&testkit::sample::CONTRACTS], |_| vec![service_host::Service::new("inventory")]).start().await;
//! let watch = process.watch("events.inventory.>").await;
//! process.publish("commands.inventory.restock.whole-milk", r#"{"quantity":500}"#).await;
//! # let _ = (process.channel(), watch);
//! # }
//! ```

mod setup;

use std::time::Duration;

use async_nats::HeaderMap;
use async_nats::jetstream::context::PublishErrorKind;
use bytes::Bytes;
use catalogue::{Catalogue, Contract, Contracts};
use messaging::Cause;
use service_host::config::Config;
use service_host::{Running, Service};
use store::{Store, StoreError, params};
use tempfile::TempDir;
use tonic::transport::Channel;

use crate::database::Database;
use crate::eventually::{SOON, eventually};
use crate::nats_server::NatsServer;
use crate::watch::Watch;

pub use setup::Setup;

/// How a process makes its services, also when it is started again.
type Services = Box<dyn Fn(&Config) -> Vec<Service> + Send + Sync>;

/// A running process of services, in this one; gone with the test.
pub struct Process {
    // In this order: the process ends before what it stands on.
    running: Option<Running>,
    channel: Channel,
    client: async_nats::Client,
    nats: NatsServer,
    config: Config,
    catalogue: Catalogue,
    services: Services,
    _data: TempDir,
    _database: Database,
}

/// A dead letter in a service's store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// `<service>-<consumer>`
    pub consumer: String,
    /// The message's type; empty when it says none.
    pub type_: String,
    /// Its key; empty when it says none.
    pub key: String,
    /// The subject it came on.
    pub subject: String,
    /// Why, as a word.
    pub reason: String,
    /// What is wrong.
    pub error: String,
}

impl Process {
    /// A process of these services and of what they say to one another, to be set up further and started.
    ///
    /// # Panics
    /// When the contracts do not fit together.
    pub fn of(contracts: &[&Contracts], services: impl Fn(&Config) -> Vec<Service> + Send + Sync + 'static) -> Setup {
        let catalogue = Catalogue::of(contracts.iter().copied()).unwrap_or_else(|faults| panic!("{faults}"));
        Setup::new(catalogue, Box::new(services))
    }

    /// Where gRPC answers.
    pub fn channel(&self) -> Channel {
        self.channel.clone()
    }

    /// The broker, which can be killed, paused and robbed of its store.
    pub fn nats(&self) -> &NatsServer {
        &self.nats
    }

    /// A client of the broker that belongs to nobody inside.
    pub fn client(&self) -> &async_nats::Client {
        &self.client
    }

    /// What it runs with.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The process as its host sees it: ports, consumers, relays.
    ///
    /// # Panics
    /// When it is stopped.
    pub fn running(&self) -> &Running {
        self.running.as_ref().expect("a running process")
    }

    /// The store of one of its services, to look at what no call shows.
    ///
    /// # Panics
    /// When there is no such service.
    pub fn store(&self, service: &str) -> &Store {
        &self.running().service(service).expect("a service of this process").context.store
    }

    /// Sees everything that is published on these subjects from now on: `events.inventory.>`.
    pub async fn watch(&self, subjects: &str) -> Watch {
        Watch::start(&self.client, subjects).await
    }

    /// `nats pub -J subject body`: by hand, without headers, acknowledged by the stream. Waits for the stream, which a service makes at its start.
    pub async fn publish(&self, subject: &str, body: impl Into<Bytes>) {
        self.publish_with(subject, &[], body).await;
    }

    /// The same with headers, such as `Nats-Msg-Id`; whether the broker took it for a repeat.
    ///
    /// # Panics
    /// When the broker does not take it in time.
    pub async fn publish_with(&self, subject: &str, headers: &[(&str, &str)], body: impl Into<Bytes>) -> bool {
        let body = body.into();
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, *value);
        }
        let context = async_nats::jetstream::new(self.client.clone());
        eventually(SOON, || async {
            let sent = context.publish_with_headers(subject.to_owned(), map.clone(), body.clone()).await.expect("a connection");
            match sent.await {
                Ok(ack) => Some(ack.duplicate),
                Err(error) if error.kind() == PublishErrorKind::StreamNotFound => None,
                Err(error) => panic!("{subject}: {error}"),
            }
        })
        .await
    }

    /// Removes a stream with all that it holds and remembers; whoever needs it makes it again.
    ///
    /// # Panics
    /// When there is none.
    pub async fn delete_stream(&self, name: &str) {
        async_nats::jetstream::new(self.client.clone()).delete_stream(name).await.expect("a stream to delete");
    }

    /// Lets a service of this process say something, as the start of a conversation: its own event, or a command to another service.
    /// A service without a part of its own will do: `Service::new("orders")`.
    ///
    /// # Panics
    /// When its store does not take it.
    pub async fn emit<C: Contract>(&self, service: &str, message: C) {
        self.emit_all(service, vec![message]).await;
    }

    /// The same for many at once, in one transaction.
    ///
    /// # Panics
    /// When its store does not take them.
    pub async fn emit_all<C: Contract>(&self, service: &str, messages: Vec<C>) {
        let cause = Cause::root(messaging::root_id());
        self.store(service)
            .write::<_, StoreError, _>(move |work| {
                Box::pin(async move {
                    for message in &messages {
                        work.emit(&cause, message);
                    }
                    Ok(())
                })
            })
            .await
            .expect("a message in the log");
    }

    /// The dead letters of a service, oldest first.
    ///
    /// # Panics
    /// When its store can't be read.
    pub async fn dead_letters(&self, service: &str) -> Vec<DeadLetter> {
        let sql = "SELECT consumer, type, key, subject, reason, error FROM dead_letters ORDER BY died_at_us, id";
        let rows = self.store(service).rows(sql, params![]).await.expect("dead letters");
        let text = |row: &store::Row, column: &str| row.get::<String>(column).expect("a text");
        rows.iter()
            .map(|row| DeadLetter {
                consumer: text(row, "consumer"),
                type_: text(row, "type"),
                key: text(row, "key"),
                subject: text(row, "subject"),
                reason: text(row, "reason"),
                error: text(row, "error"),
            })
            .collect()
    }

    /// How many messages are in a service's log: what a refused request must not change.
    ///
    /// # Panics
    /// When its store can't be read.
    pub async fn logged(&self, service: &str) -> i64 {
        let row = self.store(service).row("SELECT COUNT(*) AS count FROM events", params![]).await.expect("a log");
        row.expect("a row").get("count").expect("a count")
    }

    /// Stops in order, as after SIGTERM: broker and databases stay.
    ///
    /// # Panics
    /// When it takes longer than the configuration allows.
    pub async fn stop(&mut self) {
        let Some(running) = self.running.take() else { return };
        let allowed = Duration::from_millis(self.config.shutdown_ms) * 4;
        tokio::time::timeout(allowed, running.stop()).await.expect("an orderly stop within its deadlines");
    }

    /// Stops in order and starts again on the same databases and the same broker. Ports are others: ask for the channel again.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn restart(&mut self) {
        self.stop().await;
        let running = service_host::start(self.config.clone(), self.catalogue.clone(), (self.services)(&self.config))
            .await
            .expect("a process started again");
        self.channel = setup::channel(&running).await;
        self.running = Some(running);
    }
}
