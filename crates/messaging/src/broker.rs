//! The port to the broker: streams that keep messages, durable readers over them, and request/reply.
//!
//! The promise that every implementation keeps, proved by `testkit::broker_suite`:
//! - an acknowledged publish is in the stream, once per message id within the duplicate window;
//! - with an expectation that does not hold, nothing is stored ([`PublishError::WrongLast`]);
//! - publishes handed over one after another are taken in that order;
//! - of a run of messages with an expectation nothing is stored behind the first that is not, and nothing of others in between;
//! - a reader gets every message from where it starts that the stream still holds, in stream order, at least once.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::future::BoxFuture;

use crate::headers::{Headers, Lines};
use crate::topology::StreamSpec;

/// A message to publish.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// Where to.
    pub subject: String,
    /// `Nats-Msg-Id`: repeats within the duplicate window are swallowed. Empty = none.
    pub message_id: String,
    /// All other headers.
    pub headers: Headers,
    /// The body.
    pub payload: Bytes,
}

/// What must be true of the stream for a publish to be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expect {
    /// Nothing.
    Any,
    /// The stream's last message has this message id.
    LastId(String),
    /// The stream's last sequence is this (0: it never held anything).
    LastSequence(u64),
}

/// The broker's word that a message is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublishAck {
    /// Its sequence in the stream.
    pub sequence: u64,
    /// It was there already.
    pub duplicate: bool,
}

/// Why a publish was not acknowledged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PublishError {
    /// The expectation does not hold: nothing was stored.
    #[error("the stream's last message is another one than expected")]
    WrongLast,
    /// No stream takes this subject.
    #[error("no stream takes this subject")]
    NoStream,
    /// It may or may not be stored: look before trying again.
    #[error("no answer in time")]
    Ambiguous,
    /// The broker refused it: nothing was stored.
    #[error("refused: {0}")]
    Refused(String),
}

/// The answer to a publish, still on its way.
pub type Published = BoxFuture<'static, Result<PublishAck, PublishError>>;

/// The broker's word on a run of messages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunAck {
    /// Where the last one that it stored stands. With an expectation this is as far behind what was expected as the run is long, or some of it was left
    /// out because the broker remembered its id.
    pub sequence: u64,
    /// What was left out, where the broker says so: message ids, with the sequence under which they were stored.
    pub remembered: Vec<(String, u64)>,
}

/// The answer to a run, still on its way.
pub type PublishedRun = BoxFuture<'static, Result<RunAck, PublishError>>;

/// A message as it stands in a stream.
#[derive(Clone, Debug)]
pub struct Incoming {
    /// The stored subject.
    pub subject: String,
    /// Its sequence in the stream.
    pub sequence: u64,
    /// When the broker stored it, nanoseconds since 1970 UTC.
    pub stored_ns: i64,
    /// `Nats-Msg-Id`; empty when there is none.
    pub message_id: String,
    /// All other headers.
    pub headers: Arc<dyn Lines>,
    /// The body.
    pub payload: Bytes,
}

/// What a stream holds now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamState {
    /// When it was made, nanoseconds since 1970 UTC: another value is another stream.
    pub created_ns: i64,
    /// How many messages it holds.
    pub messages: u64,
    /// The first sequence it still holds.
    pub first_sequence: u64,
    /// The last sequence it ever gave.
    pub last_sequence: u64,
}

/// Where a reader starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadFrom {
    /// At the first message that is there.
    First,
    /// At this sequence or the first after it.
    Sequence(u64),
    /// After the last message that is there now.
    New,
}

/// A durable reader to be made anew at a given place; one that exists under this name is replaced.
#[derive(Clone, Debug)]
pub struct ReaderSpec {
    /// The stream.
    pub stream: String,
    /// The durable's name, `[a-z0-9_-]+`.
    pub durable: String,
    /// Stored subjects to read; empty = all.
    pub filters: Vec<String>,
    /// Where to start.
    pub from: ReadFrom,
    /// How many messages to hold ready.
    pub prefetch: usize,
    /// The broker removes the durable when nobody has read from it for so long; `None` = it stays.
    pub unused_for: Option<Duration>,
}

/// An open reader. Dropping it stops reading; the durable stays.
pub trait Reader: Send {
    /// Waits for a message, then takes what is there already, `max` at most. An error means: open a new reader.
    fn take(&mut self, max: usize) -> BoxFuture<'_, Result<Vec<Incoming>, BrokerError>>;

    /// Tells the broker that everything up to and with this sequence is settled. A lost one does no harm.
    fn settle(&self, sequence: u64) -> BoxFuture<'_, Result<(), BrokerError>>;
}

/// A broker's failure.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BrokerError {
    /// Not connected, or no answer in time.
    #[error("broker unavailable: {0}")]
    Unavailable(String),
    /// The stream is not there.
    #[error("stream {0} does not exist")]
    NoStream(String),
    /// The reader's durable is gone or has gone silent.
    #[error("reader lost: {0}")]
    ReaderLost(String),
    /// Nobody answers requests on this subject.
    #[error("nobody answers on {0}")]
    NoResponder(String),
    /// The broker said no.
    #[error("broker refused: {0}")]
    Refused(String),
}

/// What answers requests on a subject: bytes in, bytes out.
pub type Answer = std::sync::Arc<dyn Fn(Bytes) -> BoxFuture<'static, Bytes> + Send + Sync>;

/// Answers requests until it is dropped.
pub trait Responder: Send + Sync {}

/// A broker that keeps streams.
pub trait Broker: Send + Sync + 'static {
    /// Makes the stream, or brings it to this form. Fails when the broker does not take the configuration as it is.
    fn ensure<'a>(&'a self, stream: &'a StreamSpec) -> BoxFuture<'a, Result<StreamState, BrokerError>>;

    /// What the stream holds; `None` when it does not exist.
    fn state<'a>(&'a self, stream: &'a str) -> BoxFuture<'a, Result<Option<StreamState>, BrokerError>>;

    /// The message at this sequence, if it is still there.
    fn message<'a>(&'a self, stream: &'a str, sequence: u64) -> BoxFuture<'a, Result<Option<Incoming>, BrokerError>>;

    /// Hands a message over; the inner future is the stream's answer. Waiting for the outer one keeps the order.
    fn publish(&self, message: Outgoing, expect: Expect) -> BoxFuture<'_, Result<Published, PublishError>>;

    /// Hands over messages of one stream, one answer for all of them. With an expectation for the first, every other one expects the id of the one
    /// before it; without one, none does.
    fn publish_run(&self, run: Vec<Outgoing>, expect: Expect) -> BoxFuture<'_, Result<PublishedRun, PublishError>> {
        Box::pin(publish_one_by_one(self, run, expect))
    }

    /// Opens a durable reader.
    fn read(&self, spec: ReaderSpec) -> BoxFuture<'_, Result<Box<dyn Reader>, BrokerError>>;

    /// Asks whoever answers on `subject`.
    fn request<'a>(&'a self, subject: &'a str, body: Bytes, wait: Duration) -> BoxFuture<'a, Result<Bytes, BrokerError>>;

    /// Answers on `subject`, sharing the requests with others of the same `group`.
    fn respond<'a>(&'a self, subject: &'a str, group: &'a str, answer: Answer) -> BoxFuture<'a, Result<Box<dyn Responder>, BrokerError>>;

    /// Counts the connections made so far: another number means that a connection was lost in between.
    fn connections(&self) -> u64;
}

/// A run where the broker has nothing better: each message published, and all answers waited for.
pub async fn publish_one_by_one<B: Broker + ?Sized>(broker: &B, run: Vec<Outgoing>, expect: Expect) -> Result<PublishedRun, PublishError> {
    let (mut answers, mut expect) = (Vec::with_capacity(run.len()), expect);
    for message in run {
        let id = message.message_id.clone();
        let next = if expect == Expect::Any { Expect::Any } else { Expect::LastId(id.clone()) };
        answers.push((id, broker.publish(message, expect).await?));
        expect = next;
    }
    Ok(Box::pin(async move {
        let mut all = RunAck::default();
        for (id, answer) in answers {
            let ack = answer.await?;
            all.sequence = ack.sequence;
            if ack.duplicate {
                all.remembered.push((id, ack.sequence));
            }
        }
        Ok(all)
    }))
}
