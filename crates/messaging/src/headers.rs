//! An envelope as CloudEvents 1.0 headers (NATS binding, binary mode): written lower case, read in any case.

use std::borrow::Cow;
use std::collections::BTreeMap;

use bytes::Bytes;
use telemetry::TraceContext;

use crate::envelope::Envelope;
use crate::topology::Kind;

/// Header names and values in the order they were written.
pub type Headers = Vec<(Cow<'static, str>, String)>;

/// The value of a header, whatever the case of its name.
pub fn get<'a>(headers: &'a Headers, name: &str) -> Option<&'a str> {
    headers.iter().rev().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

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

/// Where a name stands among the known ones.
fn known(name: &str) -> Option<usize> {
    // Lower case nearly always, and then this is all.
    KNOWN.iter().position(|known| *known == name).or_else(|| KNOWN.iter().position(|known| known.eq_ignore_ascii_case(name)))
}

/// The values of the names that an envelope has, whatever their case, found in one walk.
#[derive(Clone, Debug)]
pub struct Known<'a>([Option<&'a str>; KNOWN.len()]);

impl<'a> Known<'a> {
    /// Those of these headers.
    pub fn of(headers: &'a Headers) -> Self {
        Self::and_others(headers, |_, _| ())
    }

    /// And the extensions.
    fn with_extensions(headers: &'a Headers) -> (Self, BTreeMap<String, String>) {
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

    fn and_others(headers: &'a Headers, mut other: impl FnMut(&str, &str)) -> Self {
        let mut values = [None; KNOWN.len()];
        for (name, value) in headers {
            match known(name) {
                Some(at) => values[at] = Some(value.as_str()),
                None => other(name, value),
            }
        }
        Self(values)
    }

    /// The value of one of them.
    pub fn get(&self, name: &str) -> Option<&'a str> {
        known(name).and_then(|at| self.0[at])
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
pub fn read(subject: &str, headers: &Headers, payload: Bytes) -> Result<Envelope, Malformed> {
    let (values, extensions) = Known::with_extensions(headers);
    if values.get("ce-position").is_none() {
        return Err(Malformed::Foreign);
    }
    let look = |name: &'static str| values.get(name).map(decode).ok_or(Malformed::Missing(name));
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
        causation_id: values.get("ce-causationid").map(decode).unwrap_or_default().into_owned(),
        sequence: number("ce-sequence")?,
        position: number("ce-position")?,
        trace: TraceContext {
            traceparent: values.get("traceparent").unwrap_or_default().to_owned(),
            tracestate: values.get("tracestate").unwrap_or_default().to_owned(),
        },
        extensions,
        payload,
    };
    // The stored subject has the partition: a message that says another key than it was published under is not ours.
    let partition = subject.split('.').nth(3).and_then(|partition| partition.parse().ok());
    if partition != Some(crate::partition_of(&envelope.key)) {
        return Err(Malformed::Invalid("ce-subject", envelope.key));
    }
    Ok(envelope)
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
    let plain = |byte: &u8| (0x21..=0x7e).contains(byte) && *byte != b'"' && *byte != b'%';
    // To the end whatever is met: that way sixteen are looked at in a step.
    if value.as_bytes().iter().fold(true, |all, byte| all & plain(byte)) {
        return value;
    }
    value.bytes().fold(String::with_capacity(value.len() + 8), |mut text, byte| {
        if plain(&byte) {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
        text
    })
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
mod tests {
    use super::*;

    #[test]
    fn header_values_survive_the_wire() {
        for text in ["plain", "two words", "50 % \"quoted\"", "牛奶", "a%2", "%zz"] {
            assert_eq!(decode(&encode(text.to_owned())), text);
        }
    }

    #[test]
    fn times_keep_their_microseconds() {
        assert_eq!(rfc3339(1_763_717_400_123_456), "2025-11-21T09:30:00.123456Z");
        assert_eq!(microseconds("2025-11-21T09:30:00.123456Z"), Some(1_763_717_400_123_456));
        assert_eq!(microseconds(&rfc3339(-1)), Some(-1));
    }
}
