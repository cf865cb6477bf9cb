//! What is to be done with each message that came in, judged by its position alone.

use std::sync::Arc;

use catalogue::{Catalogue, EVERY_SERVICE, Entry};
use messaging::headers::{self, Malformed};
use messaging::{Envelope, Incoming, Lines, partition_of, stream_of};

use super::reached::{Reached, Slot};
use super::run::sources;
use crate::relay::is_a_relays;

/// A message whose turn it is.
#[derive(Clone, Debug)]
pub(crate) struct Taken {
    /// Shared with the handlers: none of them needs a copy.
    pub(crate) envelope: Arc<Envelope>,
    pub(crate) original: Original,
    pub(crate) partition: u32,
    /// The stream of somebody else that it is from.
    pub(crate) foreign: Option<String>,
}

/// A message that nobody's log holds.
#[derive(Clone, Debug)]
pub(crate) struct Stranger {
    pub(crate) stream: String,
    pub(crate) message: Incoming,
    /// It does not claim to have a position: published by hand.
    pub(crate) by_hand: bool,
    pub(crate) fault: String,
}

/// A message as it came, byte for byte: what a dead letter keeps.
#[derive(Clone, Debug)]
pub(crate) struct Original {
    pub(crate) subject: String,
    pub(crate) headers: Arc<dyn Lines>,
}

impl Taken {
    /// What has to stay in order: one aggregate.
    pub(crate) fn lane(&self) -> String {
        lane(&self.envelope)
    }
}

pub(crate) fn lane(envelope: &Envelope) -> String {
    format!("{}/{}", envelope.aggregate_type, envelope.key)
}

/// Who numbers messages of a stream, as far as the catalogue tells. A sender that it does not know yet is nobody: when it is known, what it
/// sent is found in its log.
#[derive(Clone, Debug)]
pub(crate) enum Writers {
    /// Every service may.
    All,
    These(Vec<String>),
}

impl Writers {
    /// Commands have the senders that their types name, but anybody who is in the system may be one.
    pub(crate) fn of(catalogue: &Catalogue, stream: &str) -> Self {
        let every = |entry: &Entry| entry.service == EVERY_SERVICE && stream_of(entry.kind, entry.owner()) == stream;
        if catalogue.entries().iter().any(|entry| every(entry)) {
            return Self::All;
        }
        let services = || catalogue.services().into_iter().map(str::to_owned).collect();
        Self::These(if stream.starts_with("COMMANDS_") { services() } else { sources(catalogue, stream) })
    }

    fn has(&self, source: &str) -> bool {
        match self {
            Self::All => true,
            Self::These(names) => names.iter().any(|name| name == source),
        }
    }
}

/// A message, and the envelope that it makes.
pub(crate) struct Opened {
    message: Incoming,
    envelope: Result<Arc<Envelope>, Malformed>,
}

impl From<Incoming> for Opened {
    fn from(mut message: Incoming) -> Self {
        let envelope = headers::open(&mut message);
        Self { message, envelope }
    }
}

/// What the position says.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// The next one.
    Take(Box<Taken>),
    /// Had it already.
    Repeat,
    /// Something is missing before it.
    Gap(Slot, u64, Incoming),
    /// Nobody's log holds it.
    Foreign(Incoming, Malformed),
}

impl Reached {
    /// Judges a message of `stream`; `ahead` is what this batch has taken already, `writers` who may number there.
    pub(crate) fn judge(&self, ahead: &mut Self, stream: &str, writers: &Writers, opened: Opened) -> Verdict {
        let Opened { message, envelope } = opened;
        let envelope = match envelope {
            Ok(envelope) if envelope.belongs_to(stream) => envelope,
            Ok(envelope) => return Verdict::Foreign(message, Malformed::Invalid("ce-type", envelope.type_.clone())),
            Err(malformed) => return Verdict::Foreign(message, malformed),
        };
        if !writers.has(&envelope.source) {
            return Verdict::Foreign(message, Malformed::Invalid("ce-source", envelope.source.clone()));
        }
        let (source, partition) = (envelope.source.as_str(), partition_of(&envelope.key));
        let reached = ahead.reached(source, stream, partition).max(self.reached(source, stream, partition));
        if envelope.position <= reached {
            return Verdict::Repeat;
        }
        // What no relay can have published like that is looked up in the owner's log, as if it were behind a gap.
        let vouched_for = message.sequence == 0 || is_a_relays(&message.message_id, &envelope.id);
        if envelope.position > reached + 1 || !vouched_for {
            let slot = Slot { source: envelope.source.clone(), stream: stream.to_owned(), partition };
            return Verdict::Gap(slot, envelope.position, message);
        }
        ahead.reach(source, stream, partition, envelope.position);
        let original = Original { subject: message.subject, headers: message.headers };
        Verdict::Take(Box::new(Taken { envelope, original, partition, foreign: None }))
    }
}
