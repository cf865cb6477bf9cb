//! The port's implementation: one connection, one JetStream context.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use async_nats::Client;
use async_nats::connection::State;
use async_nats::jetstream::Context;
use async_nats::jetstream::context::ContextBuilder;
use bytes::Bytes;
use futures::future::BoxFuture;
use messaging::{
    Answer, Broker, BrokerError, Content, Expect, Incoming, ObjectError, ObjectInfo, ObjectStore, Outgoing, PublishError, Published,
    PublishedRun, Reader, ReaderSpec, Responder, StreamSpec, StreamState, publish_one_by_one,
};
use tokio::sync::{Mutex, watch};

use crate::api::within;
use crate::connect::{self, ConnectError, Options};
use crate::objects::Objects;
use crate::runs::{self, Runs};
use crate::version::ServerVersion;
use crate::{publish, reader, responder, streams};

/// Publishes whose answer is awaited; the next one waits for room.
const IN_FLIGHT: usize = 8_192;
/// How long the first connection may take before [`NatsBroker::connect`] comes back without one.
const FIRST_CONNECTION: Duration = Duration::from_secs(1);

/// A broker on a NATS server with JetStream. Share it in an `Arc`; dropping it closes the connection.
pub struct NatsBroker {
    client: Client,
    context: Context,
    lost: watch::Receiver<u64>,
    limit: Duration,
    replicas: usize,
    /// Of the connection with this number.
    runs: Mutex<Option<(u64, Arc<Runs>)>>,
}

impl NatsBroker {
    /// Connects. With `retry_on_initial_connect` a missing server is no error: calls answer `Unavailable` until it is there.
    pub async fn connect(options: Options) -> Result<Self, ConnectError> {
        let (client, lost) = connect::connect(&options).await?;
        if options.retry_on_initial_connect {
            let _ = tokio::time::timeout(FIRST_CONNECTION, client.flush()).await;
        }
        if client.connection_state() == State::Connected {
            ServerVersion::check(&client.server_info().version)?;
        }
        // One context for all: each has a task of its own.
        let context = ContextBuilder::new().timeout(options.timeout).max_ack_inflight(IN_FLIGHT).build(client.clone());
        Ok(Self { client, context, lost, limit: options.timeout, replicas: options.replicas, runs: Mutex::default() })
    }

    /// The JetStream context, for what the ports do not cover (a test's faults). Clone it, don't build another.
    pub fn context(&self) -> &Context {
        &self.context
    }

    fn objects(&self) -> Objects<'_> {
        Objects { context: &self.context, limit: self.limit, replicas: self.replicas }
    }

    /// The server may be another one than at the start: a late first connection, or an older cluster member.
    fn new_enough(&self) -> Result<ServerVersion, BrokerError> {
        let Some(server) = self.client.try_server_info() else {
            return Err(BrokerError::Unavailable("not connected yet".to_owned()));
        };
        ServerVersion::check(&server.version).map_err(|error| BrokerError::Refused(error.to_string()))
    }

    async fn publish_run(&self, run: Vec<Outgoing>, expect: Expect) -> Result<PublishedRun, PublishError> {
        let takes_batches = self.new_enough().is_ok_and(|server| server >= runs::SINCE);
        // Among the messages of others it could not be told whether one was left out because it was remembered.
        if run.len() < 2 || expect == Expect::Any || !takes_batches {
            return publish_one_by_one(self, run, expect).await;
        }
        let runs = tokio::time::timeout(self.limit, self.runs()).await.unwrap_or(Err(PublishError::Ambiguous))?;
        match runs.refused() {
            true => publish_one_by_one(self, run, expect).await,
            false => runs.hand_over(self.limit, run, expect).await,
        }
    }

    /// Another connection may be to a server that takes batches again. Made by one caller only: those that are let go tell nobody any more.
    async fn runs(&self) -> Result<Arc<Runs>, PublishError> {
        let connection = self.connections();
        let mut kept = self.runs.lock().await;
        if let Some((of, runs)) = kept.as_ref()
            && *of == connection
        {
            return Ok(runs.clone());
        }
        let runs = Arc::new(Runs::open(&self.client).await?);
        *kept = Some((connection, runs.clone()));
        Ok(runs)
    }
}

impl Broker for NatsBroker {
    fn ensure<'a>(&'a self, stream: &'a StreamSpec) -> BoxFuture<'a, Result<StreamState, BrokerError>> {
        Box::pin(within(self.limit * 2, async move {
            let batches = self.new_enough()? >= runs::SINCE;
            streams::ensure(&self.context, stream, self.replicas, batches).await
        }))
    }

    fn state<'a>(&'a self, stream: &'a str) -> BoxFuture<'a, Result<Option<StreamState>, BrokerError>> {
        Box::pin(within(self.limit, streams::state(&self.context, stream)))
    }

    fn message<'a>(&'a self, stream: &'a str, sequence: u64) -> BoxFuture<'a, Result<Option<Incoming>, BrokerError>> {
        Box::pin(within(self.limit, streams::message(&self.context, stream, sequence)))
    }

    fn publish(&self, message: Outgoing, expect: Expect) -> BoxFuture<'_, Result<Published, PublishError>> {
        Box::pin(publish::hand_over(&self.client, &self.context, self.limit, message, expect))
    }

    fn publish_run(&self, run: Vec<Outgoing>, expect: Expect) -> BoxFuture<'_, Result<PublishedRun, PublishError>> {
        Box::pin(self.publish_run(run, expect))
    }

    fn read(&self, spec: ReaderSpec) -> BoxFuture<'_, Result<Box<dyn Reader>, BrokerError>> {
        Box::pin(within(self.limit * 2, async move {
            self.new_enough()?;
            let reader = reader::open(&self.context, &self.client, self.limit, self.lost.clone(), spec).await?;
            Ok(Box::new(reader) as Box<dyn Reader>)
        }))
    }

    fn request<'a>(&'a self, subject: &'a str, body: Bytes, wait: Duration) -> BoxFuture<'a, Result<Bytes, BrokerError>> {
        Box::pin(responder::request(&self.client, subject, body, wait))
    }

    fn respond<'a>(&'a self, subject: &'a str, group: &'a str, answer: Answer) -> BoxFuture<'a, Result<Box<dyn Responder>, BrokerError>> {
        Box::pin(within(self.limit * 2, async move {
            let responder = responder::respond(&self.client, subject, group, self.limit, answer).await?;
            Ok(Box::new(responder) as Box<dyn Responder>)
        }))
    }

    fn connections(&self) -> u64 {
        // Counted by the client before the connection can be used, unlike the events, which come later.
        self.client.statistics().connects.load(Ordering::Relaxed)
    }
}

impl ObjectStore for NatsBroker {
    fn put<'a>(&'a self, bucket: &'a str, name: &'a str, content: Content) -> BoxFuture<'a, Result<ObjectInfo, ObjectError>> {
        Box::pin(async move { self.objects().put(bucket, name, content).await })
    }

    fn get<'a>(&'a self, bucket: &'a str, name: &'a str) -> BoxFuture<'a, Result<Content, ObjectError>> {
        Box::pin(async move { self.objects().get(bucket, name).await })
    }

    fn info<'a>(&'a self, bucket: &'a str, name: &'a str) -> BoxFuture<'a, Result<ObjectInfo, ObjectError>> {
        Box::pin(async move { self.objects().info(bucket, name).await })
    }

    fn delete<'a>(&'a self, bucket: &'a str, name: &'a str) -> BoxFuture<'a, Result<(), ObjectError>> {
        Box::pin(async move { self.objects().delete(bucket, name).await })
    }
}
