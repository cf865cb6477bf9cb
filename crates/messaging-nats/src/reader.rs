//! A durable pull consumer that says so when it may have missed something.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::{Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

use async_nats::jetstream::consumer::pull::{self, MessagesError, MessagesErrorKind};
use async_nats::jetstream::consumer::{AckPolicy, DeliverPolicy};
use async_nats::jetstream::stream::{ConsumerCreateStrictErrorKind, ConsumerErrorKind};
use async_nats::jetstream::{self, Context, ErrorCode};
use async_nats::{Client, Subject};
use bytes::Bytes;
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt};
use messaging::{BrokerError, Incoming, ReadFrom, Reader, ReaderSpec};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::api::{refused, token, unavailable, within};
use crate::headers;
use crate::streams::{nanoseconds, state};

/// The server says "I am here" this often when it has nothing to deliver; the client misses it after twice this time.
const HEARTBEAT: Duration = Duration::from_secs(2);
/// Redelivery is no part of our reading (a new reader starts at the stored place); this only keeps it from coming in between.
const ACK_WAIT: Duration = Duration::from_secs(30);
const PULL_EXPIRES: Duration = Duration::from_secs(30);
/// The server takes the files of a deleted durable away while it makes those of the next one of that name, now and then under its hands ("rename …
/// no such file", seen with 2.15.1): then the next try makes it.
const TRIES: u32 = 4;
const BEFORE_NEXT_TRY: Duration = Duration::from_millis(50);
const ACK: Bytes = Bytes::from_static(b"+ACK");

/// Replaces the durable and starts to pull from it.
pub(crate) async fn open(
    context: &Context,
    client: &Client,
    limit: Duration,
    mut lost: watch::Receiver<u64>,
    spec: ReaderSpec,
) -> Result<NatsReader, BrokerError> {
    let (stream, durable) = (token(&spec.stream)?, token(&spec.durable)?);
    lost.mark_unchanged();
    delete(context, stream, durable).await?;
    let wanted = config(&spec, start(context, &spec).await?);
    let mut tries = 1;
    let consumer = loop {
        let error = match context.create_consumer_strict_on_stream(wanted.clone(), stream).await {
            Ok(consumer) => break consumer,
            Err(error) => error,
        };
        match error.kind() {
            ConsumerCreateStrictErrorKind::JetStream(error)
                if matches!(error.error_code(), ErrorCode::CONSUMER_CREATE | ErrorCode::CONSUMER_STORE_FAILED) && tries < TRIES =>
            {
                tokio::time::sleep(BEFORE_NEXT_TRY).await;
                tries += 1;
            }
            ConsumerCreateStrictErrorKind::JetStream(error) => return Err(refused(&error, stream)),
            ConsumerCreateStrictErrorKind::TimedOut | ConsumerCreateStrictErrorKind::Request => return Err(unavailable(error)),
            _ => return Err(BrokerError::Refused(error.to_string())),
        }
    };
    if let Some(setting) = difference(&wanted, &consumer.cached_info().config) {
        return Err(BrokerError::Refused(format!("the server did not take {setting} of reader {durable} as asked")));
    }
    let messages = consumer
        .stream()
        .max_messages_per_batch(spec.prefetch.max(1))
        .heartbeat(HEARTBEAT)
        .expires(PULL_EXPIRES)
        .messages()
        .await
        .map_err(unavailable)?;
    Ok(NatsReader {
        messages: Ok(messages),
        client: client.clone(),
        limit,
        lost,
        delivered: 0,
        last: 0,
        missed: None,
        unsettled: Mutex::default(),
    })
}

async fn delete(context: &Context, stream: &str, durable: &str) -> Result<(), BrokerError> {
    match context.delete_consumer_from_stream(durable, stream).await {
        Ok(_) => Ok(()),
        Err(error) => match error.kind() {
            ConsumerErrorKind::JetStream(error) if error.error_code() == ErrorCode::CONSUMER_NOT_FOUND => Ok(()),
            ConsumerErrorKind::JetStream(error) => Err(refused(&error, stream)),
            ConsumerErrorKind::InvalidName => Err(BrokerError::Refused(error.to_string())),
            _ => Err(unavailable(error)),
        },
    }
}

/// Where the server is to start. Given a sequence beyond the end it would wait for that one and skip what comes before (measured): after
/// a loss, when sequences are given again, that is what nobody may miss.
async fn start(context: &Context, spec: &ReaderSpec) -> Result<DeliverPolicy, BrokerError> {
    Ok(match spec.from {
        ReadFrom::First => DeliverPolicy::All,
        ReadFrom::New => DeliverPolicy::New,
        ReadFrom::Sequence(sequence) => {
            let state = state(context, &spec.stream).await?.ok_or_else(|| BrokerError::NoStream(spec.stream.clone()))?;
            DeliverPolicy::ByStartSequence { start_sequence: sequence.clamp(1, state.last_sequence + 1) }
        }
    })
}

fn config(spec: &ReaderSpec, deliver_policy: DeliverPolicy) -> pull::Config {
    pull::Config {
        durable_name: Some(spec.durable.clone()),
        deliver_policy,
        // One ack settles everything before it; measured faster than one each.
        ack_policy: AckPolicy::All,
        ack_wait: ACK_WAIT,
        max_deliver: -1,
        // Far above what is on its way: a reader that settles late must not starve.
        max_ack_pending: i64::try_from(spec.prefetch.saturating_mul(4).max(20_000)).unwrap_or(i64::MAX),
        filter_subjects: spec.filters.clone(),
        inactive_threshold: spec.unused_for.unwrap_or_default(),
        ..pull::Config::default()
    }
}

/// The first setting that came back another one.
fn difference(wanted: &pull::Config, got: &jetstream::consumer::Config) -> Option<&'static str> {
    let filters: Vec<&String> = got.filter_subjects.iter().chain(Some(&got.filter_subject).filter(|one| !one.is_empty())).collect();
    let same = [
        ("max_deliver", got.max_deliver == -1),
        ("ack_policy", got.ack_policy == wanted.ack_policy),
        ("max_ack_pending", got.max_ack_pending == wanted.max_ack_pending),
        ("deliver_policy", got.deliver_policy == wanted.deliver_policy),
        ("filter_subjects", filters.into_iter().eq(&wanted.filter_subjects)),
    ];
    same.into_iter().find(|(_, same)| !same).map(|(setting, _)| setting)
}

/// An open reader over one durable.
pub(crate) struct NatsReader {
    /// Why there are no more, once the reader has ended: the client would go on to pull, and take from the next reader of this durable.
    messages: Result<pull::Stream, BrokerError>,
    client: Client,
    limit: Duration,
    lost: watch::Receiver<u64>,
    /// The server's count of deliveries to this durable: a hole in it is a message that did not arrive.
    delivered: u64,
    /// The last sequence given out.
    last: u64,
    missed: Option<Instant>,
    /// Where to settle what was given out: sequence and ack subject.
    unsettled: Mutex<VecDeque<(u64, Subject)>>,
}

impl NatsReader {
    async fn next_batch(&mut self, max: usize) -> Result<Vec<Incoming>, BrokerError> {
        let mut batch = Vec::new();
        while batch.is_empty() {
            let messages = self.messages.as_mut().map_err(|ended| ended.clone())?;
            let item = tokio::select! {
                biased;
                // What was on its way then comes back only after the ack wait, behind newer messages.
                _ = self.lost.changed() => return Err(self.end("the connection was lost")),
                item = messages.next() => item,
            };
            batch.extend(self.accept(item)?);
        }
        // Outside of tokio's budget, which would end this loop near 128 messages.
        let greedy = poll_fn(|cx| {
            while batch.len() < max {
                let Ok(messages) = &mut self.messages else { break };
                match messages.poll_next_unpin(cx) {
                    Poll::Pending => break,
                    Poll::Ready(item) => match self.accept(item) {
                        Ok(message) => batch.extend(message),
                        // Told with the next take.
                        Err(_) => break,
                    },
                }
            }
            Poll::Ready(())
        });
        tokio::task::unconstrained(greedy).await;
        Ok(batch)
    }

    /// A message to give out; `None` for a repeat and for a first missed heartbeat.
    fn accept(&mut self, item: Option<Result<jetstream::Message, MessagesError>>) -> Result<Option<Incoming>, BrokerError> {
        let message = match item {
            Some(Ok(message)) => message,
            Some(Err(error)) if error.kind() == MessagesErrorKind::MissingHeartbeat => return self.heartbeat_missed(),
            Some(Err(error)) => return Err(self.end(error)),
            None => return Err(self.end("the stream of messages ended")),
        };
        let (sequence, count, stored_ns) = match message.info() {
            Ok(info) => (info.stream_sequence, info.consumer_sequence, nanoseconds(info.published.unix_timestamp_nanos())),
            Err(error) => return Err(self.end(error)),
        };
        if count > self.delivered + 1 {
            return Err(self.end(format!("{} messages got lost on the way", count - self.delivered - 1)));
        }
        self.delivered = count;
        let message = message.message;
        if sequence <= self.last {
            return Ok(None);
        }
        self.last = sequence;
        if let Some(reply) = message.reply {
            self.unsettled.lock().unwrap_or_else(PoisonError::into_inner).push_back((sequence, reply));
        }
        let (message_id, headers) = headers::from_wire(message.headers.unwrap_or_default());
        Ok(Some(Incoming { subject: message.subject.to_string(), sequence, stored_ns, message_id, headers, payload: message.payload }))
    }

    /// One can be late; the second in a row means that the server has forgotten us.
    fn heartbeat_missed(&mut self) -> Result<Option<Incoming>, BrokerError> {
        let now = Instant::now();
        match self.missed.replace(now) {
            Some(before) if now.duration_since(before) < HEARTBEAT * 3 => Err(self.end("missed two heartbeats in a row")),
            _ => Ok(None),
        }
    }

    fn end(&mut self, why: impl std::fmt::Display) -> BrokerError {
        let error = BrokerError::ReaderLost(why.to_string());
        self.messages = Err(error.clone());
        error
    }

    /// The ack subject that settles the most without going past `sequence`.
    fn ack_subject(&self, sequence: u64) -> Option<Subject> {
        let mut unsettled = self.unsettled.lock().unwrap_or_else(PoisonError::into_inner);
        let settled = unsettled.partition_point(|(given, _)| *given <= sequence);
        unsettled.drain(..settled).next_back().map(|(_, subject)| subject)
    }
}

impl Reader for NatsReader {
    fn take(&mut self, max: usize) -> BoxFuture<'_, Result<Vec<Incoming>, BrokerError>> {
        Box::pin(self.next_batch(max))
    }

    fn settle(&self, sequence: u64) -> BoxFuture<'_, Result<(), BrokerError>> {
        let Some(subject) = self.ack_subject(sequence) else { return futures::future::ready(Ok(())).boxed() };
        let (client, limit) = (self.client.clone(), self.limit);
        Box::pin(within(limit, async move { client.publish(subject, ACK).await.map_err(unavailable) }))
    }
}
