//! A consumer: a named durable reader inside a service, and what it does with each type of message.

mod again;
mod batch;
mod commit;
mod cursors;
mod failed;
mod fill;
mod foreign;
mod gaps;
mod gauge;
mod heads;
mod inbox;
mod lanes;
pub(crate) mod parked;
mod reached;
mod reader;
mod run;
mod session;
pub(crate) mod sort;
mod take;
pub(crate) mod timer;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use catalogue::{Contract, Kind};
use messaging::stream_of;

use crate::handler::{BatchHandler, Batched, EnvelopeHandler, Erased, ErasedTimer, Every, Handler, PerEvent, TimerHandler};
use crate::policy::Policy;

pub use foreign::ForeignSource;
pub use gauge::ConsumerState;
pub use run::{ConsumerHandle, Setup, start};

/// What a consumer is made of; given to the host at registration.
#[derive(Clone)]
pub struct Consumer {
    pub(crate) name: String,
    pub(crate) routes: HashMap<(Kind, &'static str), Arc<dyn Erased>>,
    /// Takes every type of these streams.
    pub(crate) every: Option<Arc<dyn Erased>>,
    pub(crate) timers: Option<Arc<dyn ErasedTimer>>,
    pub(crate) streams: BTreeSet<String>,
    pub(crate) policy: Policy,
    /// Undo command type → the do it forbids from then on.
    pub(crate) undoes: HashMap<&'static str, &'static str>,
    pub(crate) failed: Option<FailureReply>,
    pub(crate) keeps_foreign: bool,
    /// Streams that somebody else writes.
    pub(crate) foreign: Vec<(ForeignSource, Arc<dyn Erased>)>,
}

/// What is emitted when a command is exhausted, so that the saga behind it can compensate.
pub type FailureReply = Arc<dyn Fn(&mut store::Work, &messaging::Envelope, &str) + Send + Sync>;

impl Consumer {
    /// A consumer of this name, `[a-z0-9_-]+`, unique within its service.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            routes: HashMap::new(),
            every: None,
            timers: None,
            streams: BTreeSet::new(),
            policy: Policy::default(),
            undoes: HashMap::new(),
            failed: None,
            keeps_foreign: false,
            foreign: Vec::new(),
        }
    }

    /// A consumer that only looks at what comes on a stream without a position: a door.
    pub fn reading(name: impl Into<String>, stream: &str) -> Self {
        let mut consumer = Self::new(name);
        consumer.streams.insert(stream.to_owned());
        consumer
    }

    fn route<C: Contract>(mut self, handler: Arc<dyn Erased>) -> Self {
        let owner = C::TYPE.split_once('.').map_or(C::TYPE, |(owner, _)| owner);
        self.streams.insert(stream_of(C::KIND, owner));
        self.routes.insert((C::KIND, C::TYPE), handler);
        self
    }

    /// Handles one type of message, one at a time.
    pub fn on<H: Handler>(self, handler: H) -> Self {
        self.route::<H::Input>(Arc::new(PerEvent(handler)))
    }

    /// Handles one type of message, many at a time.
    pub fn on_batch<H: BatchHandler>(self, handler: H) -> Self {
        self.route::<H::Input>(Arc::new(Batched(handler)))
    }

    /// Handles every message of these streams.
    pub fn on_every<H: EnvelopeHandler>(mut self, streams: impl IntoIterator<Item = String>, handler: H) -> Self {
        self.streams.extend(streams);
        self.every = Some(Arc::new(Every(handler)));
        self
    }

    /// Handles every message of a stream that somebody else writes, each id once.
    pub fn on_foreign<H: EnvelopeHandler>(mut self, source: ForeignSource, handler: H) -> Self {
        self.streams.insert(source.stream.clone());
        self.foreign.push((source, Arc::new(Every(handler))));
        self
    }

    /// Acts on this consumer's timers.
    pub fn on_timer<H: TimerHandler>(mut self, handler: H) -> Self {
        self.timers = Some(Arc::new(handler));
        self
    }

    /// Once `Undo` was handled for a key, a late `Do` of that key is refused.
    pub fn undoes<Undo: Contract, Do: Contract>(mut self) -> Self {
        self.undoes.insert(Undo::TYPE, Do::TYPE);
        self
    }

    /// What to emit when a command of this consumer is exhausted.
    pub fn on_exhausted(mut self, reply: impl Fn(&mut store::Work, &messaging::Envelope, &str) + Send + Sync + 'static) -> Self {
        self.failed = Some(Arc::new(reply));
        self
    }

    /// Keeps messages that nobody's log holds as dead letters; one consumer of the system does.
    pub fn keeping_foreign(mut self) -> Self {
        self.keeps_foreign = true;
        self
    }

    /// Whether it does.
    pub fn keeps_foreign(&self) -> bool {
        self.keeps_foreign
    }

    /// Other settings than the defaults.
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// Its settings.
    pub fn settings(&self) -> &Policy {
        &self.policy
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The streams it reads.
    pub fn streams(&self) -> impl Iterator<Item = &str> {
        self.streams.iter().map(String::as_str)
    }

    /// The types it handles, for the line printed at start.
    pub fn types(&self) -> Vec<&'static str> {
        let mut types: Vec<_> = self.routes.keys().map(|(_, type_)| *type_).collect();
        types.sort_unstable();
        types
    }

    pub(crate) fn handler(&self, kind: Kind, type_: &str) -> Option<&Arc<dyn Erased>> {
        // The key's lifetime is the contract's; looking up needs a scan of a handful of entries at most.
        self.routes.iter().find(|((known, name), _)| *known == kind && *name == type_).map(|(_, handler)| handler).or(self.every.as_ref())
    }
}
