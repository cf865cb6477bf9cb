//! Dead letters: rows of the consumer's own store, written in the transaction that settles the original, and announced.

use std::sync::Arc;

use catalogue::platform::v1 as platform;
use catalogue::system::v1::SystemError;
use messaging::{Broker, Cause, Envelope, Expect, Lines, Outgoing, get_header, headers};
use prost::Message as _;
use store::{StoreError, Work, params};
use uuid::Uuid;

use crate::consumer::sort::Stranger;

/// Why a message became a dead letter, as a word for filters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// A handler said that no repetition mends it.
    Rejected,
    /// All attempts failed.
    Exhausted,
    /// Its type is in no catalogue.
    UnknownType,
    /// It is in nobody's log.
    Foreign,
    /// Published by hand and not as the type's schema asks.
    Invalid,
}

impl Reason {
    /// The word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rejected => "rejected",
            Self::Exhausted => "exhausted",
            Self::UnknownType => "unknown_type",
            Self::Foreign => "foreign",
            Self::Invalid => "invalid",
        }
    }
}

/// One try and how it went.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Attempt {
    /// When, microseconds since 1970 UTC.
    pub at_us: i64,
    /// What went wrong.
    pub error: String,
}

impl Attempt {
    /// An attempt that went wrong; of a long error the beginning is kept.
    pub(crate) fn new(at_us: i64, error: &str) -> Self {
        Self { at_us, error: plain(error, ERROR) }
    }
}

/// A message about to become a dead letter.
pub struct Letter<'a> {
    /// The consumer's full name.
    pub consumer: &'a str,
    /// The message id; empty when it has none.
    pub event_id: &'a str,
    /// Its type; empty when it has none.
    pub type_: &'a str,
    /// Its aggregate type; empty when it has none.
    pub aggregate_type: &'a str,
    /// Its key; empty when it has none.
    pub key: &'a str,
    /// The subject it came on.
    pub subject: &'a str,
    /// Its headers as they came.
    pub headers: &'a dyn Lines,
    /// Its body, byte for byte.
    pub payload: &'a [u8],
    /// Why.
    pub reason: Reason,
    /// The tries.
    pub attempts: Vec<Attempt>,
    /// What is wrong.
    pub error: String,
    /// What it belongs to.
    pub cause: Cause,
}

impl<'a> Letter<'a> {
    /// A letter about a message of a log.
    pub fn about(consumer: &'a str, envelope: &'a Envelope, subject: &'a str, headers: &'a dyn Lines) -> Self {
        Self {
            consumer,
            event_id: &envelope.id,
            type_: &envelope.type_,
            aggregate_type: &envelope.aggregate_type,
            key: &envelope.key,
            subject,
            headers,
            payload: &envelope.payload,
            reason: Reason::Rejected,
            attempts: Vec::new(),
            error: String::new(),
            cause: envelope.cause(consumer),
        }
    }

    pub(crate) fn stranger(consumer: &'a str, id: &'a str, stranger: &'a Stranger) -> Self {
        let Stranger { message, fault, .. } = stranger;
        Self { error: fault.clone(), ..Self::foreign(consumer, id, &message.subject, &message.headers, &message.payload) }
    }

    /// A letter about a message that is in nobody's log.
    pub fn foreign(consumer: &'a str, id: &'a str, subject: &'a str, headers: &'a dyn Lines, payload: &'a [u8]) -> Self {
        let trace = telemetry::TraceContext {
            traceparent: get_header(headers, "traceparent").unwrap_or_default().to_owned(),
            tracestate: String::new(),
        };
        let (type_, key) = named_by(subject);
        Self {
            consumer,
            event_id: id,
            type_: get_header(headers, "ce-type").unwrap_or(type_),
            aggregate_type: "",
            key: get_header(headers, "ce-subject").unwrap_or(key),
            subject,
            headers,
            payload,
            reason: Reason::Foreign,
            attempts: Vec::new(),
            error: String::new(),
            cause: Cause { correlation_id: id.to_owned(), causation_id: id.to_owned(), trace, actor: consumer.to_owned() },
        }
    }
}

/// Type and key as far as a subject tells them: what comes by hand has them nowhere else.
fn named_by(subject: &str) -> (&str, &str) {
    let dots: Vec<usize> = subject.match_indices('.').map(|(at, _)| at).collect();
    let type_ = dots.first().zip(dots.get(2)).and_then(|(first, third)| subject.get(first + 1..*third));
    let key = match subject.split('.').next() {
        Some("ingest") => dots.get(2),
        // Behind the partition.
        Some("commands") => dots.get(3),
        // The stored form has the partition in the key's place.
        _ => None,
    };
    (type_.unwrap_or_default(), key.and_then(|at| subject.get(at + 1..)).unwrap_or_default())
}

/// What anybody may have sent, as a text that both databases take.
pub(crate) fn plain(text: &str, characters: usize) -> String {
    if text.len() <= characters && !text.contains('\0') {
        return text.to_owned();
    }
    text.chars().filter(|char| *char != '\0').take(characters).collect()
}

/// Characters of a name in a letter's row; the message itself is kept as it came.
const NAME: usize = 256;
/// Characters of an error.
const ERROR: usize = 4_000;

/// The same word for errors that differ in ids and numbers only.
pub fn fingerprint(error: &str) -> String {
    let plain: String = error
        .split(|char: char| !(char.is_alphanumeric() || char == '-' || char == '_'))
        .filter(|word| !word.is_empty() && !word.chars().any(|char| char.is_ascii_digit()))
        .collect::<Vec<_>>()
        .join(" ")
        .to_lowercase();
    Uuid::new_v5(&Uuid::NAMESPACE_OID, plain.as_bytes()).simple().to_string().chars().take(16).collect()
}

/// The row's id: the same for the same message in the same consumer.
pub fn letter_id(consumer: &str, event_id: &str) -> String {
    Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("{consumer}/{event_id}").as_bytes()).to_string()
}

/// Writes the row and its announcement. One row per message and consumer: a letter that dies again opens its row again.
pub async fn write(work: &mut Work, mut letter: Letter<'_>) -> Result<platform::DeadLetterAnnounced, StoreError> {
    let id = letter_id(letter.consumer, letter.event_id);
    let (type_, key, aggregate_type) = (plain(letter.type_, NAME), plain(letter.key, NAME), plain(letter.aggregate_type, NAME));
    (letter.type_, letter.key, letter.aggregate_type) = (&type_, &key, &aggregate_type);
    letter.cause.correlation_id = plain(&letter.cause.correlation_id, NAME);
    letter.cause.trace.traceparent = plain(&letter.cause.trace.traceparent, NAME);
    letter.error = plain(&letter.error, ERROR);
    let now = work.now_us();
    let kind = if letter.subject.starts_with("commands.") { "command" } else { "event" };
    let refused = |error: serde_json::Error| StoreError::Refused(error.to_string());
    let history = serde_json::to_string(&letter.attempts).map_err(refused)?;
    let headers_json = serde_json::to_string(&headers::copied(letter.headers)).map_err(refused)?;
    let sql = "INSERT INTO dead_letters (id, consumer, event_id, type, aggregate_type, key, subject, headers, payload, reason, error, fingerprint, \
               history, correlation_id, traceparent, kind, state, died_at_us, settled_at_us, note) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, 'open', $17, 0, '') \
               ON CONFLICT (id) DO UPDATE SET reason = excluded.reason, error = excluded.error, fingerprint = excluded.fingerprint, \
               history = excluded.history, state = 'open', died_at_us = excluded.died_at_us, settled_at_us = 0, note = ''";
    let params = params![
        &id,
        letter.consumer,
        letter.event_id,
        letter.type_,
        letter.aggregate_type,
        letter.key,
        plain(letter.subject, NAME * 4),
        headers_json,
        letter.payload,
        letter.reason.as_str(),
        &letter.error,
        fingerprint(&letter.error),
        history,
        &letter.cause.correlation_id,
        &letter.cause.trace.traceparent,
        kind,
        now
    ];
    work.execute(sql, params).await?;
    let service = work.service().to_owned();
    // A fault in handling the announcement must not announce itself for ever.
    if !letter.type_.starts_with("system.") {
        let error = SystemError {
            component: letter.consumer.chars().take(64).collect(),
            service: service.clone(),
            code: "dead_letter".to_owned(),
            message: format!(
                "{} {} of {} became a dead letter: {}",
                letter.type_,
                letter.event_id,
                letter.consumer,
                letter.reason.as_str()
            ),
            event_type: letter.type_.to_owned(),
            event_id: letter.event_id.to_owned(),
            event_key: letter.key.to_owned(),
            consumer: letter.consumer.to_owned(),
            attempts: u32::try_from(letter.attempts.len()).unwrap_or(u32::MAX),
            error: letter.error.clone(),
            dead_letter_id: id.clone(),
            at: Some(headers::timestamp(now)),
        };
        work.emit(&letter.cause, &error);
    }
    tracing::warn!(
        consumer = letter.consumer,
        event_id = letter.event_id,
        event_type = letter.type_,
        key = letter.key,
        correlation_id = letter.cause.correlation_id,
        trace_id = letter.cause.trace.trace_id(),
        reason = letter.reason.as_str(),
        error = letter.error,
        "dead letter"
    );
    metrics::counter!("ensue_dead_letters_total", "consumer" => letter.consumer.to_owned(), "reason" => letter.reason.as_str())
        .increment(1);
    Ok(platform::DeadLetterAnnounced {
        id,
        service,
        consumer: letter.consumer.to_owned(),
        event_id: letter.event_id.to_owned(),
        r#type: letter.type_.to_owned(),
        key: letter.key.to_owned(),
        reason: letter.reason.as_str().to_owned(),
        error: letter.error,
        at: Some(headers::timestamp(now)),
    })
}

/// Tells the `DEAD` stream. The row is the truth; a lost announcement loses nothing.
pub(crate) fn announce(broker: &Arc<dyn Broker>, letters: Vec<platform::DeadLetterAnnounced>) {
    for letter in letters {
        let broker = broker.clone();
        let message = Outgoing {
            subject: format!("dead.letters.{}.{}", letter.service, letter.consumer),
            // A letter may die again within the duplicate window.
            message_id: format!("{}/{}", letter.id, letter.at.unwrap_or_default()),
            headers: vec![("ce-type".into(), "dead.letter".to_owned()), ("ce-datacontenttype".into(), messaging::PROTOBUF.to_owned())],
            payload: letter.encode_to_vec().into(),
        };
        tokio::spawn(async move {
            if let Ok(answer) = broker.publish(message, Expect::Any).await {
                let _ = answer.await;
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::{fingerprint, named_by};

    #[test]
    fn a_subject_tells_type_and_key() {
        assert_eq!(named_by("ingest.workout.completed.user-1"), ("workout.completed", "user-1"));
        assert_eq!(named_by("commands.inventory.restock.3.whole-milk"), ("inventory.restock", "whole-milk"));
        assert_eq!(named_by("events.order.garbage.7"), ("order.garbage", ""));
        assert_eq!(named_by("intents.charge"), ("", ""));
        assert_eq!(named_by(""), ("", ""));
    }

    #[test]
    fn errors_that_differ_in_ids_only_look_the_same() {
        assert_eq!(fingerprint("order 7 not found (id 01J-22)"), fingerprint("order 8 not found (id 01K-99)"));
        assert_ne!(fingerprint("order 7 not found"), fingerprint("store refused"));
    }
}
