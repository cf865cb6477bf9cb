//! What a service writes: a handler for one kind of message, inside the consumer's transaction.

use std::future::Future;
use std::ops::Deref;
use std::sync::Arc;

use catalogue::Contract;
use futures::future::BoxFuture;
use messaging::{Cause, Envelope, Failure, Outcome};
use store::Work;
use store::timers::Timer;
use tracing::{Instrument as _, Span};

use crate::decode::decode;

/// A message with what is known about it; reads like the message itself.
#[derive(Clone, Debug)]
pub struct Received<T> {
    body: T,
    envelope: Arc<Envelope>,
    cause: Cause,
}

impl<T> Received<T> {
    /// A message as a handler gets it; `actor` is the consumer's name.
    pub fn new(body: T, envelope: impl Into<Arc<Envelope>>, actor: &str) -> Self {
        let envelope = envelope.into();
        Self { body, cause: envelope.cause(actor), envelope }
    }

    /// The message with its metadata.
    pub fn envelope(&self) -> &Envelope {
        &self.envelope
    }

    /// What to hand to [`Work::emit`]: everything that follows names this message as its cause.
    pub fn cause(&self) -> &Cause {
        &self.cause
    }

    /// The message alone.
    pub fn into_body(self) -> T {
        self.body
    }
}

impl<T> Deref for Received<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.body
    }
}

/// Handles one message in the consumer's transaction. It may be run again before its commit, so it touches nothing but `work`:
/// calls to the outside world are written down as intents.
pub trait Handler: Send + Sync + 'static {
    /// The message.
    type Input: Contract;

    /// The effect. An error is a retry or a dead letter, never a drop.
    fn handle(&self, input: Received<Self::Input>, work: &mut Work) -> impl Future<Output = Outcome> + Send;
}

/// Handles many messages of one type at once: set-based statements instead of one per message.
pub trait BatchHandler: Send + Sync + 'static {
    /// The messages.
    type Input: Contract;

    /// An outcome for each, in the order given. After a failure the batch is run again in smaller ones.
    fn handle(&self, batch: &[Received<Self::Input>], work: &mut Work) -> impl Future<Output = Vec<Outcome>> + Send;
}

/// Handles messages whose type does not matter, e.g. to keep a log of them.
pub trait EnvelopeHandler: Send + Sync + 'static {
    /// An outcome for each, in the order given.
    fn handle(&self, batch: &[Arc<Envelope>], work: &mut Work) -> impl Future<Output = Vec<Outcome>> + Send;
}

/// Acts on a timer that is due; the timer is gone when this commits.
pub trait TimerHandler: Send + Sync + 'static {
    /// What is to be done now.
    fn fire(&self, timer: Timer, work: &mut Work) -> impl Future<Output = Outcome> + Send;
}

/// A run of messages that go to the same handler, as many outcomes as messages.
pub(crate) trait Erased: Send + Sync {
    fn run<'a>(&'a self, batch: &'a [Arc<Envelope>], actor: &'a str, work: &'a mut Work) -> BoxFuture<'a, Vec<Outcome>>;
    /// Whether a run of more than one is worth it.
    fn takes_batches(&self) -> bool;
}

pub(crate) struct PerEvent<H>(pub(crate) H);

impl<H: Handler> Erased for PerEvent<H> {
    fn run<'a>(&'a self, batch: &'a [Arc<Envelope>], actor: &'a str, work: &'a mut Work) -> BoxFuture<'a, Vec<Outcome>> {
        Box::pin(async move {
            let mut outcomes = Vec::with_capacity(batch.len());
            for envelope in batch {
                let outcome = match decode::<H::Input>(envelope) {
                    Ok(body) => {
                        let mut received = Received::new(body, envelope.clone(), actor);
                        let span = process_span(envelope, actor);
                        if !span.is_disabled() {
                            // What follows is a child of this handling, not of what led to it.
                            received.cause.trace = telemetry::TraceContext::of(&span);
                        }
                        self.0.handle(received, work).instrument(span).await
                    }
                    Err(failure) => Err(failure),
                };
                let failed = outcome.is_err();
                outcomes.push(outcome);
                if failed {
                    break;
                }
            }
            outcomes
        })
    }

    fn takes_batches(&self) -> bool {
        false
    }
}

/// A span for the handling of one message, if its trace is recorded. Handlers of one message at a time have one already; the others open it
/// where it is worth it.
pub fn process_span(envelope: &Envelope, actor: &str) -> Span {
    if !envelope.trace.is_sampled() {
        return Span::none();
    }
    let service = actor.split('-').next().unwrap_or(actor);
    let span = tracing::info_span!(
        "process",
        otel.name = format!("process {}", envelope.type_),
        otel.kind = "consumer",
        ensue.service = service,
        ensue.consumer = actor,
        ensue.correlation_id = envelope.correlation_id,
        ensue.key = envelope.key,
        messaging.system = "nats",
        messaging.operation.name = "process",
        messaging.destination.name = envelope.stream(),
        messaging.message.id = envelope.id,
    );
    envelope.trace.adopt(&span);
    span
}

pub(crate) struct Batched<H>(pub(crate) H);

impl<H: BatchHandler> Erased for Batched<H> {
    fn run<'a>(&'a self, batch: &'a [Arc<Envelope>], actor: &'a str, work: &'a mut Work) -> BoxFuture<'a, Vec<Outcome>> {
        Box::pin(async move {
            let mut received = Vec::with_capacity(batch.len());
            for (at, envelope) in batch.iter().enumerate() {
                match decode::<H::Input>(envelope) {
                    Ok(body) => received.push(Received::new(body, envelope.clone(), actor)),
                    Err(failure) => {
                        let mut outcomes: Vec<Outcome> = vec![Ok(messaging::Done); at];
                        outcomes.push(Err(failure));
                        return outcomes;
                    }
                }
            }
            complete(self.0.handle(&received, work).await, batch.len())
        })
    }

    fn takes_batches(&self) -> bool {
        true
    }
}

pub(crate) struct Every<H>(pub(crate) H);

impl<H: EnvelopeHandler> Erased for Every<H> {
    fn run<'a>(&'a self, batch: &'a [Arc<Envelope>], _actor: &'a str, work: &'a mut Work) -> BoxFuture<'a, Vec<Outcome>> {
        Box::pin(async move { complete(self.0.handle(batch, work).await, batch.len()) })
    }

    fn takes_batches(&self) -> bool {
        true
    }
}

/// A handler that forgets an event must not make it look done.
fn complete(mut outcomes: Vec<Outcome>, expected: usize) -> Vec<Outcome> {
    if outcomes.len() < expected && outcomes.iter().all(Result::is_ok) {
        outcomes.push(Err(Failure::dead(format!("the batch handler answered for {} of {expected} events", outcomes.len()))));
    }
    outcomes
}

pub(crate) trait ErasedTimer: Send + Sync {
    fn fire<'a>(&'a self, timer: Timer, work: &'a mut Work) -> BoxFuture<'a, Outcome>;
}

impl<T: TimerHandler> ErasedTimer for T {
    fn fire<'a>(&'a self, timer: Timer, work: &'a mut Work) -> BoxFuture<'a, Outcome> {
        Box::pin(TimerHandler::fire(self, timer, work))
    }
}
