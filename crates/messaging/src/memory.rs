//! A broker in this process, for tests and for trying things out.
//!
//! It keeps the port's promise as `messaging-nats` does, proved by the same suite. Nothing survives the process. Beyond the port it can
//! be hurt on purpose: [`purge`](MemoryBroker::purge), [`delete`](MemoryBroker::delete), [`truncate`](MemoryBroker::truncate) and
//! [`set_down`](MemoryBroker::set_down).

mod objects;
mod reader;
mod requests;
mod stream;
mod subject;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::sync::watch;

use self::requests::Requests;
use self::stream::Stream;
use crate::broker::{
    Answer, Broker, BrokerError, Expect, Incoming, Outgoing, PublishAck, PublishError, Published, Reader, ReaderSpec, Responder,
    StreamState,
};
use crate::topology::StreamSpec;

/// Nanoseconds since 1970 UTC.
type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// A broker that keeps its streams in memory. Clones are the same broker.
#[derive(Clone)]
pub struct MemoryBroker {
    shared: Arc<Shared>,
}

struct Shared {
    clock: Clock,
    state: Mutex<State>,
    /// Changes with everything that a waiting reader may want to see.
    changed: watch::Sender<u64>,
    requests: Requests,
}

#[derive(Default)]
struct State {
    streams: BTreeMap<String, Stream>,
    /// By bucket and name.
    objects: BTreeMap<(String, String), Bytes>,
    down: bool,
    /// Raised by everything that ends the open readers.
    connections: u64,
    /// Numbers streams and readers, so that a new one under an old name is another one.
    made: u64,
}

impl Default for MemoryBroker {
    fn default() -> Self {
        Self::new()
    }
}

impl MemoryBroker {
    /// An empty broker by the machine's clock.
    #[allow(clippy::disallowed_methods, reason = "the default of an argument: tests give their own clock")]
    pub fn new() -> Self {
        Self::with_clock(|| {
            let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
            i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
        })
    }

    /// An empty broker by another clock, in nanoseconds since 1970 UTC: it moves the duplicate window and the messages' age.
    pub fn with_clock(now_ns: impl Fn() -> i64 + Send + Sync + 'static) -> Self {
        let state = State { connections: 1, ..State::default() };
        let shared =
            Shared { clock: Arc::new(now_ns), state: Mutex::new(state), changed: watch::Sender::new(0), requests: Requests::default() };
        Self { shared: Arc::new(shared) }
    }

    /// Removes all messages; the last sequence and the duplicate window stay.
    pub fn purge(&self, stream: &str) {
        self.shared.alter(|state| {
            if let Some(stream) = state.streams.get_mut(stream) {
                stream.purge();
            }
        });
    }

    /// Removes the stream with its readers.
    pub fn delete(&self, stream: &str) {
        self.shared.alter(|state| {
            state.streams.remove(stream);
        });
    }

    /// Forgets everything after `sequence`, as a broker does that lost power: the next message is `sequence + 1`. Connections are lost.
    pub fn truncate(&self, stream: &str, sequence: u64) {
        self.shared.alter(|state| {
            state.connections += 1;
            if let Some(stream) = state.streams.get_mut(stream) {
                stream.truncate(sequence);
            }
        });
    }

    /// Cuts everyone off (`true`), or lets them in again.
    pub fn set_down(&self, down: bool) {
        self.shared.alter(|state| {
            if state.down && !down {
                state.connections += 1;
            }
            state.down = down;
        });
    }

    /// Up to where a durable reader has settled: 0 when nothing yet, `None` when there is no such reader.
    pub fn settled(&self, stream: &str, durable: &str) -> Option<u64> {
        self.shared.lock().streams.get(stream)?.readers.get(durable).map(|reader| reader.settled)
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state of a broker that is there, messages beyond their age removed.
    fn up(&self) -> Result<MutexGuard<'_, State>, BrokerError> {
        let mut state = self.lock();
        if state.down {
            return Err(BrokerError::Unavailable("the broker is down".to_owned()));
        }
        let now = (self.clock)();
        state.streams.values_mut().for_each(|stream| stream.expire(now));
        Ok(state)
    }

    fn alter<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let result = change(&mut self.lock());
        self.changed.send_modify(|version| *version += 1);
        result
    }

    fn ensure(&self, spec: &StreamSpec) -> Result<StreamState, BrokerError> {
        token(&spec.name)?;
        subject::check(spec)?;
        let now = (self.clock)();
        let mut state = self.up()?;
        let overlaps = |other: &Stream| other.spec.name != spec.name && subject::overlap(&other.spec.subject, &spec.subject);
        if let Some(other) = state.streams.values().find(|other| overlaps(other)) {
            return Err(BrokerError::Refused(format!("subjects overlap with stream {}", other.spec.name)));
        }
        if let Some(stream) = state.streams.get_mut(&spec.name) {
            stream.spec = spec.clone();
            stream.expire(now);
            return Ok(stream.state());
        }
        state.made += 1;
        let mut stream = Stream::new(spec.clone(), state.made, now);
        for source in &spec.sources {
            state.streams.get(source).into_iter().for_each(|source| source.messages().for_each(|message| stream.copy(message, now)));
        }
        let made = stream.state();
        state.streams.insert(spec.name.clone(), stream);
        Ok(made)
    }

    fn publish(&self, message: Outgoing, expect: &Expect) -> Result<Result<PublishAck, PublishError>, PublishError> {
        stream::check(&message, expect)?;
        let now = (self.clock)();
        let mut state = self.up().map_err(|_| PublishError::Ambiguous)?;
        let taker = state.streams.values_mut().find(|stream| subject::matches(&stream.spec.subject, &message.subject));
        let Some(stream) = taker else { return Ok(Err(PublishError::NoStream)) };
        let stored = match stream.publish(message, expect, now) {
            Ok(ack) if ack.duplicate => return Ok(Ok(ack)),
            Ok(ack) => ack,
            Err(error) => return Ok(Err(error)),
        };
        let (name, copy) = (stream.spec.name.clone(), stream.get(stored.sequence).cloned());
        for follower in state.streams.values_mut().filter(|stream| stream.spec.sources.contains(&name)) {
            copy.iter().for_each(|message| follower.copy(message, now));
        }
        drop(state);
        self.changed.send_modify(|version| *version += 1);
        Ok(Ok(stored))
    }
}

impl Broker for MemoryBroker {
    fn ensure<'a>(&'a self, stream: &'a StreamSpec) -> BoxFuture<'a, Result<StreamState, BrokerError>> {
        async move { self.shared.ensure(stream) }.boxed()
    }

    fn state<'a>(&'a self, stream: &'a str) -> BoxFuture<'a, Result<Option<StreamState>, BrokerError>> {
        async move { Ok(self.shared.up()?.streams.get(stream).map(Stream::state)) }.boxed()
    }

    fn message<'a>(&'a self, stream: &'a str, sequence: u64) -> BoxFuture<'a, Result<Option<Incoming>, BrokerError>> {
        async move {
            let state = self.shared.up()?;
            let held = state.streams.get(stream).ok_or_else(|| BrokerError::NoStream(stream.to_owned()))?;
            Ok(held.get(sequence).cloned())
        }
        .boxed()
    }

    fn publish(&self, message: Outgoing, expect: Expect) -> BoxFuture<'_, Result<Published, PublishError>> {
        async move { self.shared.publish(message, &expect).map(|answer| futures::future::ready(answer).boxed()) }.boxed()
    }

    fn read(&self, spec: ReaderSpec) -> BoxFuture<'_, Result<Box<dyn Reader>, BrokerError>> {
        async move { reader::open(&self.shared, spec).map(|reader| Box::new(reader) as Box<dyn Reader>) }.boxed()
    }

    fn request<'a>(&'a self, subject: &'a str, body: Bytes, wait: Duration) -> BoxFuture<'a, Result<Bytes, BrokerError>> {
        async move {
            drop(self.shared.up()?);
            self.shared.requests.ask(subject, body, wait).await
        }
        .boxed()
    }

    fn respond<'a>(&'a self, subject: &'a str, group: &'a str, answer: Answer) -> BoxFuture<'a, Result<Box<dyn Responder>, BrokerError>> {
        async move { Ok(Box::new(self.shared.requests.answer(subject, group, answer)) as Box<dyn Responder>) }.boxed()
    }

    fn connections(&self) -> u64 {
        self.shared.lock().connections
    }
}

/// A name that JetStream would take too.
fn token(name: &str) -> Result<(), BrokerError> {
    if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-') {
        return Ok(());
    }
    Err(BrokerError::Refused(format!("{name:?} is no valid name: letters, digits, - and _ only")))
}
