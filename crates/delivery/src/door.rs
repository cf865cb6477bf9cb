//! The door: what people and devices publish by hand is checked, taken into the owning service's own log, and published from there.
//! So every message has a store, a version and full headers, and consumers know one form only.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use catalogue::platform::v1::DeadLetterAnnounced;
use catalogue::{Catalogue, EVERY_SERVICE, Entry, Kind, Violation};
use messaging::{Cause, Envelope, Incoming, MAX_PAYLOAD, PROTOBUF, get_header, root_id};
use store::{StoreError, Work, positions};
use telemetry::TraceContext;
use uuid::Uuid;

use crate::consumer::sort::Stranger;
use crate::dead::{self, Letter, Reason};

/// The longest body that is taken by hand.
const BODY: usize = 1 << 20;
/// The longest id that a publisher may give.
const ID: usize = 128;

/// How long the ids of what came in are remembered: streams keep their messages for seven days.
pub(crate) const REMEMBERED: Duration = Duration::from_secs(30 * 24 * 3600);

/// One service's door.
#[derive(Clone, Debug)]
pub struct Door {
    service: String,
    name: String,
    catalogue: Catalogue,
    /// It takes nothing in: what is of none of these domains is kept here, because no service's door looks at it.
    of_none_of: Option<Arc<BTreeSet<String>>>,
}

/// What is wrong with a message by hand, naming the field where there is one.
struct Refusal {
    reason: Reason,
    error: String,
}

impl Door {
    /// The door of `service`, for the types that the catalogue says are its own.
    pub fn new(service: &str, catalogue: &Catalogue) -> Self {
        Self { service: service.to_owned(), name: format!("{service}-door"), catalogue: catalogue.clone(), of_none_of: None }
    }

    /// The door for what no other one looks at: a misspelt domain, a subject with a word too many. One service of the system keeps it.
    pub fn of_nobody(service: &str, catalogue: &Catalogue) -> Self {
        let door = Self::new(service, catalogue);
        let domains = door.domains(|owner| owner != EVERY_SERVICE).into_iter().map(str::to_owned).collect();
        Self { name: format!("{service}-strays"), of_none_of: Some(Arc::new(domains)), ..door }
    }

    /// Whether letters of this consumer are of messages that were refused here, or at the door for what no other one looks at.
    pub(crate) fn refused(&self, consumer: &str) -> bool {
        consumer == self.name || consumer.strip_suffix("-strays") == Some(&self.service)
    }

    /// The subjects of the `INGEST` stream that this service answers for; empty = it owns no domain.
    pub fn subjects(&self) -> Vec<String> {
        let domains = self.domains(|service| service == self.service);
        domains.into_iter().map(|domain| format!("ingest.{domain}.*.*")).collect()
    }

    /// The domains, and those of older names, whose events these services write.
    fn domains(&self, of: impl Fn(&str) -> bool) -> BTreeSet<&str> {
        let owned = self.catalogue.entries().iter().filter(|entry| entry.kind == Kind::Event && of(&entry.service));
        let mut domains: BTreeSet<&str> = owned.clone().map(|entry| entry.owner()).collect();
        let aliases = owned.flat_map(|entry| &entry.aliases).filter_map(|alias| alias.split('.').next());
        // An old name may stand under another domain, which then belongs to nobody else.
        domains.extend(aliases.filter(|domain| !self.catalogue.domains().contains(domain)));
        domains
    }

    /// Why nobody reads it, and what may have been meant.
    fn stray(&self, subject: &str) -> Refusal {
        let words: Vec<&str> = subject.split('.').collect();
        let ["ingest", domain, event, _] = words.as_slice() else {
            let error = format!("subject {subject} is not ingest.<domain>.<event>.<key>");
            return Refusal { reason: Reason::Invalid, error };
        };
        let type_ = format!("{domain}.{event}");
        let events = self.catalogue.entries().iter().filter(|entry| entry.kind == Kind::Event && entry.by_hand);
        let names = events.flat_map(|entry| entry.aliases.iter().chain([&entry.type_]));
        let nearest = names.map(|name| (strsim::damerau_levenshtein(name, &type_), name)).min();
        let meant = nearest.filter(|(distance, _)| *distance <= 3).map(|(_, name)| format!("; did you mean {name}?")).unwrap_or_default();
        Refusal { reason: Reason::UnknownType, error: format!("domain {domain} belongs to no service{meant}") }
    }

    /// Takes in what is good, once; what is not becomes a dead letter.
    pub(crate) async fn adopt(&self, work: &mut Work, strangers: &[Stranger]) -> Result<Vec<DeadLetterAnnounced>, StoreError> {
        let mut dead = Vec::new();
        for stranger in strangers {
            let (id, message) = (stranger_id(stranger), &stranger.message);
            let domain = message.subject.split('.').nth(1).unwrap_or_default();
            if self.of_none_of.as_ref().is_some_and(|domains| domains.contains(domain)) {
                continue;
            }
            let adopted = if self.of_none_of.is_some() {
                Err(self.stray(&message.subject))
            } else if stranger.by_hand || stranger.stream == messaging::INGEST {
                self.envelope(message)
            } else {
                // It claims to be of somebody's log.
                Err(Refusal { reason: Reason::Foreign, error: stranger.fault.clone() })
            };
            let natural = adopted.as_ref().ok().and_then(|(envelope, entry)| self.natural_key(envelope, entry));
            // A fact that has a name of its own is the same fact for good.
            let (known_by, remembered) = match natural {
                Some(natural) if message.message_id.is_empty() => (natural, None),
                _ => (id.clone(), Some(REMEMBERED)),
            };
            if positions::first_seen(work, &self.name, std::slice::from_ref(&known_by), remembered).await?.is_empty() {
                tracing::debug!(door = self.name, subject = message.subject, id = known_by, "had it already");
                continue;
            }
            dead.extend(self.take(work, &id, message, adopted.map(|(envelope, _)| envelope)).await?);
        }
        Ok(dead)
    }

    /// What was refused before, once more: the catalogue or the rules may be others by now. `id` is the one it was refused under.
    pub(crate) async fn adopt_again(
        &self,
        work: &mut Work,
        id: &str,
        message: &Incoming,
    ) -> Result<Option<DeadLetterAnnounced>, StoreError> {
        let adopted = self.envelope(message);
        let natural = adopted.as_ref().ok().and_then(|(envelope, entry)| self.natural_key(envelope, entry));
        if let Some(known_by) = natural
            && positions::first_seen(work, &self.name, std::slice::from_ref(&known_by), None).await?.is_empty()
        {
            tracing::info!(door = self.name, subject = message.subject, id = known_by, "it came in another way meanwhile");
            return Ok(None);
        }
        self.take(work, id, message, adopted.map(|(envelope, _)| envelope)).await
    }

    /// Keeps what is good by every rule, and yet is refused by the store.
    pub(crate) async fn refuse(
        &self,
        work: &mut Work,
        stranger: &Stranger,
        why: String,
    ) -> Result<Option<DeadLetterAnnounced>, StoreError> {
        let id = stranger_id(stranger);
        if positions::first_seen(work, &self.name, std::slice::from_ref(&id), Some(REMEMBERED)).await?.is_empty() {
            return Ok(None);
        }
        self.take(work, &id, &stranger.message, Err(Refusal { reason: Reason::Invalid, error: why })).await
    }

    async fn take(
        &self,
        work: &mut Work,
        id: &str,
        message: &Incoming,
        adopted: Result<Envelope, Refusal>,
    ) -> Result<Option<DeadLetterAnnounced>, StoreError> {
        let counted = |outcome: &'static str| {
            metrics::counter!("ensue_door_total", "service" => self.service.clone(), "outcome" => outcome).increment(1);
        };
        match adopted {
            Ok(envelope) => {
                let cause = Cause {
                    correlation_id: envelope.correlation_id.clone(),
                    causation_id: String::new(),
                    trace: envelope.trace.clone(),
                    actor: String::new(),
                };
                counted("adopted");
                work.emit_envelope(&cause, envelope, None);
                Ok(None)
            }
            Err(refusal) => {
                let mut letter = Letter::foreign(&self.name, id, &message.subject, &message.headers, &message.payload);
                letter.reason = refusal.reason;
                letter.error = refusal.error;
                counted("refused");
                dead::write(work, letter).await.map(Some)
            }
        }
    }

    fn envelope(&self, message: &Incoming) -> Result<(Envelope, &Entry), Refusal> {
        let invalid = |error: String| Refusal { reason: Reason::Invalid, error };
        let tokens: Vec<&str> = message.subject.split('.').collect();
        let (kind, type_, key) = match tokens.as_slice() {
            ["ingest", domain, event, key] => (Kind::Event, format!("{domain}.{event}"), *key),
            ["commands", service, verb, _, key] => (Kind::Command, format!("{service}.{verb}"), *key),
            _ => return Err(invalid(format!("subject {} is not ingest.<domain>.<event>.<key>", message.subject))),
        };
        let Some(entry) = self.catalogue.find_kind(kind, &type_) else {
            return Err(Refusal { reason: Reason::UnknownType, error: format!("type {type_} is in no catalogue") });
        };
        if !entry.by_hand {
            return Err(invalid(format!("type {} is not open to publishing by hand: only its service may say so", entry.type_)));
        }
        if entry.service != self.service {
            return Err(invalid(format!("type {} belongs to {}", entry.type_, entry.service)));
        }
        let usable = |id: &str, most: usize| {
            !id.is_empty() && id.len() <= most && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        };
        if !usable(key, 64) {
            return Err(invalid("key: 1 to 64 characters of [A-Za-z0-9_-]".to_owned()));
        }
        if message.payload.len() > BODY {
            return Err(invalid(format!("body: {} bytes, at most {BODY}", message.payload.len())));
        }
        if message.message_id.len() > ID {
            return Err(invalid(format!("Nats-Msg-Id: at most {ID} characters")));
        }
        let payload = self.payload(message, entry, key)?;
        // JSON may be shorter than the Protobuf that it becomes, and that is what has to travel on.
        if payload.len() > MAX_PAYLOAD {
            return Err(invalid(format!("body: {} bytes as Protobuf, at most {MAX_PAYLOAD}", payload.len())));
        }
        let header = |name: &str| get_header(&message.headers, name).filter(|value| usable(value, 64)).map(str::to_owned);
        let correlation_id = header("ce-correlationid").or_else(|| header("x-correlation-id")).unwrap_or_else(root_id);
        let sent = |name: &str| get_header(&message.headers, name).unwrap_or_default();
        let trace = TraceContext::received(sent("traceparent"), sent("tracestate"));
        let envelope = Envelope {
            id: String::new(),
            type_: entry.type_.clone(),
            kind,
            source: self.service.clone(),
            key: key.to_owned(),
            aggregate_type: entry.aggregate.clone(),
            time_us: message.stored_ns / 1_000,
            schema: entry.hand_schema().to_owned(),
            content_type: PROTOBUF.to_owned(),
            correlation_id,
            causation_id: String::new(),
            sequence: 0,
            position: 0,
            trace,
            extensions: Default::default(),
            payload,
        };
        Ok((envelope, entry.as_ref()))
    }

    /// The body as Protobuf, checked against the type's rules.
    fn payload(&self, message: &Incoming, entry: &Entry, key: &str) -> Result<Bytes, Refusal> {
        let faults = |violations: Vec<Violation>| {
            let faults: Vec<String> = violations.iter().map(|it| format!("{}: {}", it.field, it.description)).collect();
            Refusal { reason: Reason::Invalid, error: faults.join("; ") }
        };
        let schema = entry.hand_schema();
        let declared = get_header(&message.headers, "ce-datacontenttype").or_else(|| get_header(&message.headers, "content-type"));
        let payload = if declared == Some(PROTOBUF) {
            // As in JSON: a typo, or a version that is not known here.
            let unknown = self.catalogue.unknown_fields(schema, &message.payload);
            if !unknown.is_empty() {
                return Err(faults(unknown));
            }
            message.payload.clone()
        } else {
            self.catalogue.from_json(schema, &message.payload, &[(&entry.key_field, key)]).map_err(faults)?.into()
        };
        match self.catalogue.violations(schema, &payload) {
            found if found.is_empty() => Ok(payload),
            found => Err(faults(found)),
        }
    }

    /// What tells a repeat of the same fact, when the publisher gave no message id.
    fn natural_key(&self, envelope: &Envelope, entry: &Entry) -> Option<String> {
        let field = entry.natural_key.as_ref().filter(|field| !field.is_empty())?;
        let body = self.catalogue.to_json(&envelope.schema, &envelope.payload).ok()?;
        let value = body.get(field)?.as_str().filter(|value| !value.is_empty())?;
        Some(format!("{}/{}/{value}", envelope.type_, envelope.key))
    }
}

/// An id for a message that nobody numbered: the publisher's, else made of its place in the stream and the time it was stored there
/// (a sequence alone is given again after a loss).
pub(crate) fn stranger_id(Stranger { stream, message, .. }: &Stranger) -> String {
    if !message.message_id.is_empty() {
        return Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("{stream}/{}", message.message_id).as_bytes()).to_string();
    }
    Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("{stream}/{}/{}", message.sequence, message.stored_ns).as_bytes()).to_string()
}
