//! An event or a command with everything that is known about it.

use std::collections::BTreeMap;

use bytes::Bytes;
use telemetry::TraceContext;
use uuid::Uuid;

use crate::follow_on;
use crate::topology::{Kind, stream_of, subject_of};

/// A message of a log with its metadata: what the store keeps, the broker carries and a handler is given.
#[derive(Clone, Debug, PartialEq)]
pub struct Envelope {
    /// `ce-id`: UUIDv7 for what starts a conversation, UUIDv5 of (consumer, cause, ordinal) for what follows.
    pub id: String,
    /// `ce-type`: `order.placed`; for commands `inventory.reserve`.
    pub type_: String,
    /// Event or command; on the wire it is the subject's first token.
    pub kind: Kind,
    /// `ce-source`: the service whose log this message is numbered in.
    pub source: String,
    /// `ce-subject`: the aggregate's id, one subject token.
    pub key: String,
    /// `ce-aggregatetype`: so that order `1` and product `1` never meet.
    pub aggregate_type: String,
    /// `ce-time`: when it happened, microseconds since 1970 UTC.
    pub time_us: i64,
    /// `ce-dataschema`: the payload's full Protobuf name.
    pub schema: String,
    /// `ce-datacontenttype`: `application/protobuf` or `application/json`.
    pub content_type: String,
    /// `ce-correlationid`: the conversation it belongs to.
    pub correlation_id: String,
    /// `ce-causationid`: the id of the message that led to this one; empty for the first.
    pub causation_id: String,
    /// `ce-sequence`: the version within (stream, aggregate type, key), from 1.
    pub sequence: u64,
    /// `ce-position`: the number within (source, stream, partition), from 1; 0 = not numbered yet.
    pub position: u64,
    /// The creation context, carried on unchanged.
    pub trace: TraceContext,
    /// CloudEvents extensions that a producer added, at most 16 entries and 4 KiB.
    pub extensions: BTreeMap<String, String>,
    /// The encoded message.
    pub payload: Bytes,
}

/// The longest body of a message, bytes: with its headers it fits into what the broker takes by default (1 MiB).
pub const MAX_PAYLOAD: usize = 900_000;

/// The content type of encoded Protobuf.
pub const PROTOBUF: &str = "application/protobuf";

impl Envelope {
    /// The domain (events) or the service (commands) in the type: what stands before the dot.
    pub fn owner(&self) -> &str {
        self.type_.split_once('.').map_or(self.type_.as_str(), |(owner, _)| owner)
    }

    /// The stream this message belongs to.
    pub fn stream(&self) -> String {
        stream_of(self.kind, self.owner())
    }

    /// Whether this is its stream; the same as comparing names, without making one.
    pub fn belongs_to(&self, stream: &str) -> bool {
        let prefix = match self.kind {
            Kind::Event => "EVENTS_",
            Kind::Command => "COMMANDS_",
        };
        let owner = self.owner();
        if !owner.is_ascii() {
            return self.stream() == stream;
        }
        stream.strip_prefix(prefix).is_some_and(|name| name.bytes().eq(owner.bytes().map(|byte| byte.to_ascii_uppercase())))
    }

    /// The subject it is published on.
    pub fn subject(&self) -> String {
        subject_of(self.kind, &self.type_, &self.key)
    }

    /// What follows from this message in `actor` (a consumer's name).
    pub fn cause(&self, actor: &str) -> Cause {
        Cause {
            correlation_id: self.correlation_id.clone(),
            causation_id: self.id.clone(),
            trace: self.trace.clone(),
            actor: actor.to_owned(),
        }
    }
}

/// Why something is written: handed to every emit, so that no follow-on is without its cause.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Cause {
    /// The conversation.
    pub correlation_id: String,
    /// The id of the causing message; empty for what a person or a device starts.
    pub causation_id: String,
    /// The trace to continue.
    pub trace: TraceContext,
    /// Who acts: the consumer's name; empty for a gRPC call.
    pub actor: String,
}

impl Cause {
    /// The start of a conversation, continuing the trace that is current here.
    pub fn root(correlation_id: impl Into<String>) -> Self {
        Self { correlation_id: correlation_id.into(), trace: TraceContext::current(), ..Self::default() }
    }

    /// The id of the `ordinal`-th message that follows from this cause: the same when it is done again.
    pub fn follow_on_id(&self, ordinal: u32) -> String {
        match follow_on::name(&self.actor, &self.causation_id) {
            Some(name) => follow_on::id(&name, ordinal),
            None => root_id(),
        }
    }
}

/// A new id for something that has no cause inside the system (UUIDv7: sorts by time).
#[allow(clippy::disallowed_methods, reason = "the one place where ids begin; clippy.toml sends everybody here")]
pub fn root_id() -> String {
    Uuid::now_v7().to_string()
}
