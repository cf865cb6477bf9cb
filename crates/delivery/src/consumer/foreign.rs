//! Streams that Ensue did not write: their messages have ids in place of positions, and a key where the source says so.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use messaging::headers::{self, Known, Malformed};
use messaging::{Envelope, Incoming, Kind, Lines, follow_on, get_header};
use telemetry::TraceContext;
use uuid::Uuid;

use super::sort::{Original, Taken};
use crate::handler::Erased;

/// Where a message came in: stream, sequence, store time in nanoseconds and `Nats-Msg-Id`. Kept with what is parked or dead, so that it is
/// read again as it was read first.
const INBOX: &str = "ensue-inbox";
/// Characters of a key, a type or an id that somebody else made.
const NAME: usize = 256;

/// A stream that somebody else writes, and how its messages are to be read. Ensue neither makes nor changes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeignSource {
    pub(crate) stream: String,
    pub(crate) filters: Vec<String>,
    pub(crate) key: Option<usize>,
    pub(crate) remembered: Duration,
}

/// What a message came with, and where it came in.
#[derive(Debug)]
struct Placed {
    headers: Arc<dyn Lines>,
    place: String,
}

impl Lines for Placed {
    fn walk<'a>(&'a self, line: &mut dyn FnMut(&'a str, &'a str)) {
        // What the publisher may have called so is not ours.
        self.headers.walk(&mut |name, value| {
            if !name.eq_ignore_ascii_case(INBOX) {
                line(name, value)
            }
        });
        line(INBOX, &self.place);
    }
}

impl ForeignSource {
    /// All messages of this stream. The key is `ce-subject`, else the whole subject; ids are remembered for 30 days.
    pub fn stream(name: impl Into<String>) -> Self {
        Self { stream: name.into(), filters: Vec::new(), key: None, remembered: Duration::from_secs(30 * 24 * 3600) }
    }

    /// Only these subjects of it.
    pub fn only(mut self, subjects: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.filters = subjects.into_iter().map(Into::into).collect();
        self
    }

    /// The key is this token of the subject, counted from 0, where there is no `ce-subject`.
    pub fn key_at(mut self, token: usize) -> Self {
        self.key = Some(token);
        self
    }

    /// How long an id is remembered: a repeat that comes later has its effect again. Make it longer than the stream keeps its messages.
    pub fn remembered_for(mut self, time: Duration) -> Self {
        self.remembered = time;
        self
    }

    /// The message as handlers get it; there is nothing that it could lack. Its type is `ce-type`, else the stream's name.
    pub(crate) fn envelope(&self, message: &Incoming) -> Envelope {
        let known = Known::of(&message.headers);
        let short = |text: Option<&str>| text.map(|text| crate::dead::plain(text, NAME)).filter(|text| !text.is_empty());
        let header = |name: &str| short(known.get(name));
        let id = self.id(message, &known);
        let token = self.key.and_then(|at| message.subject.split('.').nth(at)).unwrap_or(&message.subject);
        Envelope {
            type_: header("ce-type").unwrap_or_else(|| self.stream.to_lowercase()),
            kind: Kind::Event,
            source: header("ce-source").unwrap_or_else(|| self.stream.clone()),
            key: header("ce-subject").unwrap_or_else(|| crate::dead::plain(token, NAME)),
            aggregate_type: self.stream.to_lowercase(),
            time_us: header("ce-time").and_then(|time| headers::microseconds(&time)).unwrap_or(message.stored_ns / 1_000),
            schema: header("ce-dataschema").unwrap_or_default(),
            content_type: header("ce-datacontenttype").or_else(|| short(get_header(&message.headers, "content-type"))).unwrap_or_default(),
            correlation_id: header("ce-correlationid").unwrap_or_else(|| id.clone()),
            causation_id: header("ce-causationid").unwrap_or_default(),
            sequence: message.sequence,
            position: 0,
            trace: TraceContext {
                traceparent: header("traceparent").filter(|value| value.len() == 55).unwrap_or_default(),
                tracestate: String::new(),
            },
            extensions: BTreeMap::new(),
            payload: message.payload.clone(),
            id,
        }
    }

    /// Made of the publisher's id, else of the message's place and the time at which it was stored there: a sequence alone is given again
    /// after a loss.
    fn id(&self, message: &Incoming, known: &Known<'_>) -> String {
        let source = known.get("ce-source").unwrap_or_default();
        let (name, milliseconds) = match (known.get("ce-id"), message.message_id.as_str()) {
            // Two publishers may count alike.
            (Some(id), _) if !id.is_empty() => (format!("{}/{source}/{id}", self.stream), time_of(id)),
            (_, "") => {
                let place = format!("{}/{}/{}", self.stream, message.sequence, message.stored_ns);
                (place, u64::try_from(message.stored_ns / 1_000_000).ok())
            }
            (_, id) => (format!("{}/{id}", self.stream), time_of(id)),
        };
        let hash = Uuid::new_v5(&Uuid::NAMESPACE_URL, name.as_bytes());
        milliseconds.map_or_else(|| hash.to_string(), |milliseconds| follow_on::dated(hash, milliseconds))
    }

    pub(crate) fn take(&self, message: Incoming) -> Taken {
        let envelope = self.envelope(&message);
        let Incoming { subject, sequence, stored_ns, message_id, headers, .. } = message;
        let headers = Arc::new(Placed { headers, place: format!("{} {sequence} {stored_ns} {message_id}", self.stream) });
        let partition = messaging::partition_of(&envelope.key);
        let envelope = Arc::new(envelope);
        Taken { envelope, original: Original { subject, headers }, partition, foreign: Some(self.stream.clone()) }
    }
}

/// The time in a UUID of version 7.
fn time_of(id: &str) -> Option<u64> {
    let id = Uuid::try_parse(id).ok().filter(|id| id.get_version_num() == 7)?;
    u64::try_from(id.as_u128() >> 80).ok()
}

impl super::Consumer {
    /// The source that a stream is read as, if it is a foreign one.
    pub(crate) fn foreign(&self, stream: &str) -> Option<&ForeignSource> {
        self.foreign.iter().map(|(source, _)| source).find(|source| source.stream == stream)
    }

    pub(crate) fn foreign_handler(&self, stream: &str) -> Option<&Arc<dyn Erased>> {
        self.foreign.iter().find(|(source, _)| source.stream == stream).map(|(_, handler)| handler)
    }

    /// A message that was kept, as it was taken before.
    pub(crate) fn take_again(&self, original: Original, payload: bytes::Bytes, partition: u32) -> Result<Taken, Malformed> {
        let Original { subject, headers } = original;
        let Some(inbox) = get_header(&headers, INBOX) else {
            let envelope = Arc::new(headers::read(&subject, &headers, payload)?);
            return Ok(Taken { envelope, original: Original { subject, headers }, partition, foreign: None });
        };
        let place: Vec<String> = inbox.splitn(4, ' ').map(str::to_owned).collect();
        let [stream, sequence, stored_ns, message_id] = <[String; 4]>::try_from(place).unwrap_or_default();
        // A source that was given up: its handler is missing, and that is what the dead letter will say.
        let source = self.foreign(&stream).cloned().unwrap_or_else(|| ForeignSource::stream(stream));
        let (sequence, stored_ns) = (sequence.parse().unwrap_or(0), stored_ns.parse().unwrap_or(0));
        Ok(source.take(Incoming { subject, sequence, stored_ns, message_id, headers, payload }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Consumer;

    fn message(message_id: &str, headers: &[(&'static str, &str)]) -> Incoming {
        Incoming {
            subject: "sensors.hall-3.temperature".to_owned(),
            sequence: 7,
            stored_ns: 1_700_000_000_000_000_001,
            message_id: message_id.to_owned(),
            headers: Arc::new(headers.iter().map(|(name, value)| ((*name).into(), (*value).to_owned())).collect::<messaging::Headers>()),
            payload: bytes::Bytes::from_static(b"21.5"),
        }
    }

    #[test]
    fn what_is_read_again_is_read_as_it_was() {
        let source = ForeignSource::stream("SENSORS").key_at(1);
        for message in [message("", &[]), message("m 1", &[("ce-type", "read")]), message("m1", &[("ce-id", "a"), (INBOX, "X 1 1 forged")])]
        {
            let taken = source.take(message.clone());
            let again = Consumer::new("readings").take_again(taken.original.clone(), message.payload, taken.partition).unwrap();
            assert_eq!(again.envelope.id, taken.envelope.id);
            assert_eq!((again.envelope.sequence, again.envelope.time_us), (7, 1_700_000_000_000_000));
            assert_eq!(again.foreign.as_deref(), Some("SENSORS"));
        }
        assert_eq!(source.take(message("", &[])).envelope.key, "hall-3");
        assert_eq!(source.take(message("", &[("ce-subject", "hall-4")])).envelope.key, "hall-4");
    }

    #[test]
    fn an_id_is_the_publishers_or_the_place_with_its_time() {
        let source = ForeignSource::stream("SENSORS");
        let id = |message: Incoming| source.envelope(&message).id;
        assert_eq!(id(message("m1", &[])), id(Incoming { sequence: 9, ..message("m1", &[]) }));
        assert_eq!(id(message("m1", &[("ce-id", "a")])), id(message("m2", &[("ce-id", "a")])));
        assert_ne!(id(message("", &[("ce-id", "a")])), id(message("", &[("ce-id", "a"), ("ce-source", "b")])));
        assert_ne!(id(message("", &[])), id(Incoming { stored_ns: 1, ..message("", &[]) }));
    }

    #[test]
    fn ids_keep_the_order_of_times_that_are_known() {
        let source = ForeignSource::stream("SENSORS");
        let of = |id: &str, from: &str| source.envelope(&message("", &[("ce-id", id), ("ce-source", from)])).id;
        let (early, late) = ("018bcfe5-6800-7fff-bfff-ffffffffffff", "018bcfe5-6801-7000-8000-000000000000");
        assert_eq!((&of(early, "a")[..15], &of(late, "a")[..15]), ("018bcfe5-6800-8", "018bcfe5-6801-8"));
        assert_ne!(of(early, "a"), of(early, "b"));
        assert_eq!(source.envelope(&message(late, &[])).id[..15], of(late, "a")[..15]);
        assert_eq!(&source.envelope(&message("", &[])).id[..15], "018bcfe5-6800-8");
        for other in ["f47ac10b-58cc-4372-a567-0e02b2c3d479", "41"] {
            assert_eq!(&of(other, "a")[14..15], "5", "it says nothing about its time");
        }
    }
}
