//! The streams, declared as data: which exist, what they hold, who writes them.

use std::time::Duration;

pub use catalogue::Kind;

/// Who publishes to a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Writers {
    /// One relay: every publish names its predecessor.
    One,
    /// Several relays, and people by hand: each source numbers its own.
    Many,
}

/// One JetStream stream. Retention is by limits, the oldest goes first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamSpec {
    /// JetStream's name, e.g. `EVENTS_ORDER`.
    pub name: String,
    /// The subject pattern that people publish to and watch, e.g. `events.order.*.*`; empty for a stream that only sources others.
    pub subject: String,
    /// The stored form, where the partition stands in the key's place (before it for commands), e.g. `events.order.{{wildcard(1)}}.{{partition(16,2)}}`.
    pub stored_as: Option<String>,
    /// Streams whose messages this one also holds.
    pub sources: Vec<String>,
    /// Who publishes.
    pub writers: Writers,
    /// How long a message is kept.
    pub max_age: Duration,
    /// How many messages are kept.
    pub max_messages: i64,
    /// Within this time a repeated `Nats-Msg-Id` is answered "duplicate".
    pub duplicate_window: Duration,
}

/// What people and devices publish by hand.
pub const INGEST: &str = "INGEST";
/// Announcements of dead letters.
pub const DEAD: &str = "DEAD";
/// Every domain's events in one stream.
pub const ALL_EVENTS: &str = "ALL_EVENTS";

impl StreamSpec {
    fn named(name: String, subject: String, stored_as: Option<String>, writers: Writers) -> Self {
        Self {
            name,
            subject,
            stored_as,
            sources: Vec::new(),
            writers,
            max_age: Duration::from_secs(7 * 24 * 3600),
            max_messages: 1_000_000,
            duplicate_window: Duration::from_secs(120),
        }
    }

    /// The events of one domain. `system` is written by every service, the others by their owner only.
    pub fn events(domain: &str) -> Self {
        let writers = if domain == "system" { Writers::Many } else { Writers::One };
        let stored_as = format!("events.{domain}.{{{{wildcard(1)}}}}.{{{{partition(16,2)}}}}");
        Self::named(stream_of(Kind::Event, domain), format!("events.{domain}.*.*"), Some(stored_as), writers)
    }

    /// Every domain's events once more, for those who want one durable over everything. It costs the broker nearly as much again as the
    /// streams of the domains do; made later, it begins with what they still hold.
    pub fn all_events<'a>(domains: impl IntoIterator<Item = &'a str>) -> Self {
        let sources = domains.into_iter().map(|domain| stream_of(Kind::Event, domain)).collect();
        Self { sources, ..Self::named(ALL_EVENTS.to_owned(), String::new(), None, Writers::Many) }
    }

    /// The commands to one service.
    pub fn commands(service: &str) -> Self {
        // The key stays behind the partition: a command by hand has no header that would carry it.
        let stored_as = format!("commands.{service}.{{{{wildcard(1)}}}}.{{{{partition(16,2)}}}}.{{{{wildcard(2)}}}}");
        Self::named(stream_of(Kind::Command, service), format!("commands.{service}.*.*"), Some(stored_as), Writers::Many)
    }
}

/// The streams that every system with these domains and services has.
pub fn streams<'a>(domains: impl IntoIterator<Item = &'a str>, services: impl IntoIterator<Item = &'a str>) -> Vec<StreamSpec> {
    let mut all: Vec<StreamSpec> = domains.into_iter().map(StreamSpec::events).collect();
    all.extend(services.into_iter().map(StreamSpec::commands));
    // By hand the key stays visible: whoever adopts the message takes it from the subject.
    all.push(StreamSpec::named(INGEST.to_owned(), "ingest.*.*.*".to_owned(), None, Writers::Many));
    // One token more than the requests `dead.<service>.<verb>`: a stream that took those in would answer them.
    all.push(StreamSpec::named(DEAD.to_owned(), "dead.letters.*.*".to_owned(), None, Writers::Many));
    all
}

/// The stream that holds what `owner` (a domain for events, a service for commands) is named in.
pub fn stream_of(kind: Kind, owner: &str) -> String {
    let prefix = match kind {
        Kind::Event => "EVENTS",
        Kind::Command => "COMMANDS",
    };
    format!("{prefix}_{}", owner.to_uppercase())
}

/// Whether a key can stand in a subject: one token of at most 256 bytes, and no wildcard.
pub fn is_token(key: &str) -> bool {
    let parts = |char: char| matches!(char, '.' | '*' | '>') || char.is_whitespace() || char.is_control();
    !key.is_empty() && key.len() <= 256 && !key.contains(parts)
}

/// The subject of a message of `type_` (`order.placed`, `inventory.reserve`) under `key`.
pub fn subject_of(kind: Kind, type_: &str, key: &str) -> String {
    match kind {
        Kind::Event => format!("events.{type_}.{key}"),
        Kind::Command => format!("commands.{type_}.{key}"),
    }
}
