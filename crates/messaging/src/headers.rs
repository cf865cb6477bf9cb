//! An envelope as CloudEvents 1.0 headers (NATS binding, binary mode): written lower case, read in any case.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use telemetry::TraceContext;

use crate::broker::Incoming;
use crate::envelope::Envelope;
use crate::topology::Kind;

pub use crate::lines::{Headers, Lines, copied, get};

const KNOWN: [&str; 16] = [
    "ce-specversion",
    "ce-id",
    "ce-type",
    "ce-source",
    "ce-subject",
    "ce-time",
    "ce-dataschema",
    "ce-datacontenttype",
    "ce-correlationid",
    "ce-causationid",
    "ce-aggregatetype",
    "ce-sequence",
    "ce-position",
    "content-encoding",
    "traceparent",
    "tracestate",
];

/// Where a name stands among the known ones, and whether it is written as there.
fn known(name: &str) -> Option<(usize, bool)> {
    // Lower case nearly always, and then this is all.
    let exactly = KNOWN.iter().position(|known| *known == name).map(|at| (at, true));
    exactly.or_else(|| KNOWN.iter().position(|known| known.eq_ignore_ascii_case(name)).map(|at| (at, false)))
}

/// The values of the names that an envelope has, whatever their case, found in one walk.
#[derive(Clone, Debug)]
pub struct Known<'a> {
    values: [Option<&'a str>; KNOWN.len()],
    /// Nothing else was there, each once, and names and values are spelt as they are written here.
    alone: bool,
}

impl<'a> Known<'a> {
    /// Those of these headers.
    pub fn of(headers: &'a dyn Lines) -> Self {
        Self::and_others(headers, |_, _| ())
    }

    /// And the extensions.
    fn with_extensions(headers: &'a dyn Lines) -> (Self, BTreeMap<String, String>) {
        let mut extensions = BTreeMap::new();
        let values = Self::and_others(headers, |name, value| {
            if let Some((prefix, rest)) = name.split_at_checked(3)
                && prefix.eq_ignore_ascii_case("ce-")
                && !rest.is_empty()
            {
                extensions.insert(rest.to_ascii_lowercase(), decode(value).into_owned());
            }
        });
        (values, extensions)
    }

    fn and_others(headers: &'a dyn Lines, mut other: impl FnMut(&str, &str)) -> Self {
        let (mut values, mut alone) = ([None; KNOWN.len()], true);
        headers.walk(&mut |name, value| match known(name) {
            Some((at, exactly)) => {
                alone &= exactly && !value.is_empty() && is_plain(value) && values[at].is_none();
                values[at] = Some(value);
            }
            None => {
                alone = false;
                other(name, value);
            }
        });
        Self { values, alone }
    }

    /// The value of one of them.
    pub fn get(&self, name: &str) -> Option<&'a str> {
        known(name).and_then(|(at, _)| self.values[at])
    }

    /// Whether [`write`] would write just these headers for the envelope that they make.
    fn are_as_written(&self) -> bool {
        let number = |name| self.get(name).is_some_and(|text| text.starts_with(|first| matches!(first, '1'..='9')));
        // Six digits behind the second, of which fewer would not do.
        let time = self.get("ce-time").map(str::as_bytes).filter(|text| text.len() == "2025-11-21T09:30:00.123456Z".len());
        let time = time.is_some_and(|text| text[10] == b'T' && text[17] < b'6' && text[26] == b'Z' && &text[23..26] != b"000");
        self.alone
            && self.get("ce-specversion") == Some("1.0")
            && self.get("content-encoding").is_none()
            && time
            && number("ce-sequence")
            && number("ce-position")
    }
}

/// The headers of an envelope.
pub fn write(envelope: &Envelope) -> Headers {
    into_parts(envelope.clone()).0
}

/// The headers and the body of an envelope that is not needed any more: nothing of it is copied.
pub fn into_parts(envelope: Envelope) -> (Headers, Bytes) {
    let mut headers: Headers = Vec::with_capacity(16 + envelope.extensions.len());
    let mut put = |name: &'static str, value: String| headers.push((Cow::Borrowed(name), encode(value)));
    put("ce-specversion", "1.0".to_owned());
    put("ce-id", envelope.id);
    put("ce-type", envelope.type_);
    put("ce-source", envelope.source);
    put("ce-subject", envelope.key);
    put("ce-time", rfc3339(envelope.time_us));
    put("ce-dataschema", envelope.schema);
    put("ce-datacontenttype", envelope.content_type);
    put("ce-correlationid", envelope.correlation_id);
    if !envelope.causation_id.is_empty() {
        put("ce-causationid", envelope.causation_id);
    }
    put("ce-aggregatetype", envelope.aggregate_type);
    put("ce-sequence", envelope.sequence.to_string());
    put("ce-position", envelope.position.to_string());
    if !envelope.trace.traceparent.is_empty() {
        put("traceparent", envelope.trace.traceparent);
    }
    if !envelope.trace.tracestate.is_empty() {
        put("tracestate", envelope.trace.tracestate);
    }
    for (name, value) in envelope.extensions {
        headers.push((Cow::Owned(format!("ce-{name}")), encode(value)));
    }
    (headers, envelope.payload)
}

/// Why a message is no envelope.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// It carries no `ce-position`: nobody's log holds it.
    #[error("header ce-position is missing: the message is in nobody's log; publish by hand on ingest.<domain>.<event>.<key>")]
    Foreign,
    /// A header is missing.
    #[error("header {0} is missing")]
    Missing(&'static str),
    /// A header has a value that can't be.
    #[error("header {0} is not valid: {1}")]
    Invalid(&'static str, String),
}

/// The envelope that headers, stored subject and payload make.
pub fn read(subject: &str, headers: &dyn Lines, payload: Bytes) -> Result<Envelope, Malformed> {
    parse(subject, headers, payload).map(|(envelope, _)| envelope)
}

/// The same for a message that was read. Headers that the envelope can say again are let go: here, and not in the way of whoever is done with
/// the message.
pub fn open(message: &mut Incoming) -> Result<Arc<Envelope>, Malformed> {
    let (envelope, as_written) = parse(&message.subject, &message.headers, message.payload.clone())?;
    let envelope = Arc::new(envelope);
    if as_written {
        message.headers = Arc::new(Written { envelope: envelope.clone(), headers: OnceLock::new() });
    }
    Ok(envelope)
}

/// The headers of an envelope, written when somebody looks at them.
#[derive(Debug)]
struct Written {
    envelope: Arc<Envelope>,
    headers: OnceLock<Headers>,
}

impl Lines for Written {
    fn walk<'a>(&'a self, line: &mut dyn FnMut(&'a str, &'a str)) {
        self.headers.get_or_init(|| write(&self.envelope)).walk(line);
    }
}

/// And whether the headers are those that [`write`] makes of it.
fn parse(subject: &str, headers: &dyn Lines, payload: Bytes) -> Result<(Envelope, bool), Malformed> {
    let (values, extensions) = Known::with_extensions(headers);
    if values.get("ce-position").is_none() {
        return Err(Malformed::Foreign);
    }
    let look = |name: &'static str| {
        let text = values.get(name).map(decode).ok_or(Malformed::Missing(name))?;
        if is_storable(&text) { Ok(text) } else { Err(Malformed::Invalid(name, text.escape_default().to_string())) }
    };
    let need = |name: &'static str| look(name).map(Cow::into_owned);
    let number = |name: &'static str| -> Result<u64, Malformed> {
        let text = look(name)?;
        text.parse().ok().filter(|&number| number > 0).ok_or_else(|| Malformed::Invalid(name, text.into_owned()))
    };
    let kind = match subject.split('.').next() {
        Some("events") => Kind::Event,
        Some("commands") => Kind::Command,
        _ => return Err(Malformed::Invalid("subject", subject.to_owned())),
    };
    let time = look("ce-time")?;
    let Some(time_us) = microseconds(&time) else { return Err(Malformed::Invalid("ce-time", time.into_owned())) };
    let envelope = Envelope {
        id: need("ce-id")?,
        type_: need("ce-type")?,
        kind,
        source: need("ce-source")?,
        key: need("ce-subject")?,
        aggregate_type: need("ce-aggregatetype")?,
        time_us,
        schema: need("ce-dataschema")?,
        content_type: need("ce-datacontenttype")?,
        correlation_id: need("ce-correlationid")?,
        causation_id: if values.get("ce-causationid").is_some() { need("ce-causationid")? } else { String::new() },
        sequence: number("ce-sequence")?,
        position: number("ce-position")?,
        trace: trace(&values),
        extensions,
        payload,
    };
    // The stored subject has the partition: a message that says another key than it was published under is not ours.
    let partition = subject.split('.').nth(3).and_then(|partition| partition.parse().ok());
    if partition != Some(crate::partition_of(&envelope.key)) {
        return Err(Malformed::Invalid("ce-subject", envelope.key));
    }
    Ok((envelope, values.are_as_written()))
}

/// The creation context. What is none is let go: no message is refused for the sake of its trace.
fn trace(values: &Known<'_>) -> TraceContext {
    let kept = |name, most: usize| {
        let text = values.get(name).map(decode).unwrap_or_default();
        if text.len() <= most && is_storable(&text) { text.into_owned() } else { String::new() }
    };
    TraceContext { traceparent: kept("traceparent", 55), tracestate: kept("tracestate", 512) }
}

/// Whether both databases take it: Postgres has no place for a NUL, so no log holds one in a name, and what says that it comes of a log is none.
fn is_storable(text: &str) -> bool {
    !text.contains('\0')
}

/// Microseconds since 1970 as RFC 3339 in UTC.
pub fn rfc3339(time_us: i64) -> String {
    timestamp(time_us).to_string()
}

/// Microseconds since 1970 as a Protobuf timestamp.
pub fn timestamp(time_us: i64) -> prost_types::Timestamp {
    let nanos = i32::try_from(time_us.rem_euclid(1_000_000) * 1_000).unwrap_or(0);
    prost_types::Timestamp { seconds: time_us.div_euclid(1_000_000), nanos }
}

/// A Protobuf timestamp as microseconds since 1970, to the microsecond before.
pub fn micros(timestamp: &prost_types::Timestamp) -> i64 {
    timestamp.seconds.saturating_mul(1_000_000).saturating_add(i64::from(timestamp.nanos) / 1_000)
}

/// RFC 3339 as microseconds since 1970.
pub fn microseconds(text: &str) -> Option<i64> {
    let timestamp: prost_types::Timestamp = text.parse().ok()?;
    timestamp.seconds.checked_mul(1_000_000)?.checked_add(i64::from(timestamp.nanos) / 1_000)
}

/// The CloudEvents rule for header values: space, double quote, percent, and what is not printable ASCII, percent-encoded.
fn encode(value: String) -> String {
    if is_plain(&value) {
        return value;
    }
    value.bytes().fold(String::with_capacity(value.len() + 8), |mut text, byte| {
        if plain(byte) {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
        text
    })
}

fn plain(byte: u8) -> bool {
    (0x21..=0x7e).contains(&byte) && byte != b'"' && byte != b'%'
}

/// Looks at all of it whatever is met: that way sixteen are looked at in a step.
fn is_plain(value: &str) -> bool {
    value.bytes().fold(true, |all, byte| all & plain(byte))
}

fn decode(value: &str) -> Cow<'_, str> {
    let bytes = value.as_bytes();
    if !bytes.contains(&b'%') {
        return Cow::Borrowed(value);
    }
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = value.get(at + 1..at + 3).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match (bytes[at], hex) {
            (b'%', Some(byte)) => {
                plain.push(byte);
                at += 3;
            }
            (byte, _) => {
                plain.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&plain).into_owned().into()
}

#[cfg(test)]
mod tests;
