//! One stream: what is stored, what is refused, what is forgotten.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::subject;
use crate::broker::{Expect, Incoming, Outgoing, PublishAck, PublishError, StreamState};
use crate::topology::StreamSpec;

pub(super) struct Stream {
    pub(super) spec: StreamSpec,
    /// Which making of a stream under this name it is.
    pub(super) incarnation: u64,
    /// The durable readers by name.
    pub(super) readers: BTreeMap<String, Durable>,
    created_ns: i64,
    messages: BTreeMap<u64, Incoming>,
    last_sequence: u64,
    /// What an expected last id is compared with: the id of the newest message, empty when that has none.
    last_id: String,
    /// Ids of the duplicate window with their sequence, and in the order they were stored with the time of it.
    ids: HashMap<String, u64>,
    recent: VecDeque<(i64, String)>,
}

/// What the broker keeps of a reader.
pub(super) struct Durable {
    /// Which making of a reader under this name it is.
    pub(super) incarnation: u64,
    pub(super) settled: u64,
}

impl Stream {
    pub(super) fn new(spec: StreamSpec, incarnation: u64, now: i64) -> Self {
        Self {
            spec,
            incarnation,
            readers: BTreeMap::new(),
            created_ns: now,
            messages: BTreeMap::new(),
            last_sequence: 0,
            last_id: String::new(),
            ids: HashMap::new(),
            recent: VecDeque::new(),
        }
    }

    pub(super) fn state(&self) -> StreamState {
        let next = if self.last_sequence == 0 { 0 } else { self.last_sequence + 1 };
        StreamState {
            created_ns: self.created_ns,
            messages: self.messages.len() as u64,
            first_sequence: self.messages.keys().next().copied().unwrap_or(next),
            last_sequence: self.last_sequence,
        }
    }

    pub(super) fn get(&self, sequence: u64) -> Option<&Incoming> {
        self.messages.get(&sequence)
    }

    pub(super) fn messages(&self) -> impl Iterator<Item = &Incoming> {
        self.messages.values()
    }

    /// What is held from a sequence on, among these stored subjects (none = all).
    pub(super) fn from<'a>(&'a self, sequence: u64, filters: &'a [String]) -> impl Iterator<Item = &'a Incoming> {
        let wanted = |subject: &str| filters.is_empty() || filters.iter().any(|filter| subject::matches(filter, subject));
        self.messages.range(sequence..).map(|(_, message)| message).filter(move |message| wanted(&message.subject))
    }

    pub(super) fn last_sequence(&self) -> u64 {
        self.last_sequence
    }

    pub(super) fn publish(&mut self, message: Outgoing, expect: &Expect, now: i64) -> Result<PublishAck, PublishError> {
        // In the order of nats-server 2.15: sequence, repeat, id. So only a repeat that expects an id is told as one.
        if matches!(expect, Expect::LastSequence(sequence) if *sequence != self.last_sequence) {
            return Err(PublishError::WrongLast);
        }
        if let Some(sequence) = self.ids.get(&message.message_id) {
            return Ok(PublishAck { sequence: *sequence, duplicate: true });
        }
        if matches!(expect, Expect::LastId(id) if *id != self.last_id) {
            return Err(PublishError::WrongLast);
        }
        let stored = Incoming {
            subject: subject::stored(&self.spec, &message.subject),
            sequence: 0,
            stored_ns: now,
            message_id: message.message_id,
            headers: Arc::new(message.headers),
            payload: message.payload,
        };
        Ok(PublishAck { sequence: self.store(stored, now), duplicate: false })
    }

    /// Takes over what a sourced stream stored.
    pub(super) fn copy(&mut self, message: &Incoming, now: i64) {
        self.store(message.clone(), now);
    }

    fn store(&mut self, mut message: Incoming, now: i64) -> u64 {
        self.last_sequence += 1;
        message.sequence = self.last_sequence;
        message.stored_ns = now;
        self.last_id.clone_from(&message.message_id);
        if !message.message_id.is_empty() {
            self.ids.insert(message.message_id.clone(), self.last_sequence);
            self.recent.push_back((now, message.message_id.clone()));
        }
        self.messages.insert(self.last_sequence, message);
        let room = usize::try_from(self.spec.max_messages).ok().filter(|room| *room > 0).unwrap_or(usize::MAX);
        while self.messages.len() > room {
            self.messages.pop_first();
        }
        self.last_sequence
    }

    /// Forgets messages beyond their age and ids beyond the duplicate window.
    pub(super) fn expire(&mut self, now: i64) {
        let age = nanoseconds(self.spec.max_age);
        while age > 0 && self.messages.first_key_value().is_some_and(|(_, oldest)| now.saturating_sub(oldest.stored_ns) >= age) {
            self.messages.pop_first();
        }
        let window = nanoseconds(self.spec.duplicate_window);
        while let Some((_, id)) = self.recent.pop_front_if(|(stored_ns, _)| now.saturating_sub(*stored_ns) >= window) {
            self.ids.remove(&id);
        }
    }

    pub(super) fn purge(&mut self) {
        self.messages.clear();
    }

    pub(super) fn truncate(&mut self, sequence: u64) {
        self.messages.retain(|held, _| *held <= sequence);
        self.ids.retain(|_, held| *held <= sequence);
        self.recent.retain(|(_, id)| self.ids.contains_key(id));
        self.last_sequence = self.last_sequence.min(sequence);
        self.last_id = self.messages.values().next_back().map(|message| message.message_id.clone()).unwrap_or_default();
    }
}

/// Refuses what could not travel as NATS headers or as a subject.
pub(super) fn check(message: &Outgoing, expect: &Expect) -> Result<(), PublishError> {
    let refused = |what: String| Err(PublishError::Refused(what));
    let broken = |text: &str| text.contains(['\r', '\n']);
    let name = |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic() && byte != b':');
    if message.subject.is_empty() || message.subject.contains([' ', '\t', '\r', '\n']) {
        return refused(format!("subject {:?}", message.subject));
    }
    if let Some((header, _)) = message.headers.iter().find(|(header, value)| !name(header) || broken(value)) {
        return refused(format!("header {header:?}"));
    }
    match expect {
        Expect::LastId(id) if id.is_empty() => refused("an expected id can't be empty".to_owned()),
        Expect::LastId(id) if broken(id) => refused(format!("expected id {id:?}")),
        _ if broken(&message.message_id) => refused(format!("message id {:?}", message.message_id)),
        _ => Ok(()),
    }
}

fn nanoseconds(time: Duration) -> i64 {
    i64::try_from(time.as_nanos()).unwrap_or(i64::MAX)
}
