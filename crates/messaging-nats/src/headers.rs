//! Headers between the port's form and the client's.

use std::borrow::Cow;
use std::sync::Arc;

use async_nats::header::{NATS_EXPECTED_LAST_MESSAGE_ID, NATS_EXPECTED_LAST_SEQUENCE, NATS_MESSAGE_ID};
use async_nats::{HeaderMap, HeaderName, HeaderValue};
use messaging::{Expect, Headers, Lines, PublishError};

/// The headers of a publish. A name or value that can't travel is refused: the client would panic on it.
pub(crate) fn to_wire(headers: Headers, message_id: String, expect: Expect) -> Result<HeaderMap, PublishError> {
    let mut wire = HeaderMap::new();
    for (name, text) in headers {
        wire.append(header_name(name)?, value(text)?);
    }
    if !message_id.is_empty() {
        wire.insert(NATS_MESSAGE_ID, value(message_id)?);
    }
    match expect {
        Expect::Any => {}
        // The server takes an empty value for no expectation at all.
        Expect::LastId(id) if id.is_empty() => return Err(PublishError::Refused("an expected id can't be empty".to_owned())),
        Expect::LastId(id) => wire.insert(NATS_EXPECTED_LAST_MESSAGE_ID, value(id)?),
        Expect::LastSequence(sequence) => wire.insert(NATS_EXPECTED_LAST_SEQUENCE, HeaderValue::from(sequence)),
    }
    Ok(wire)
}

/// The headers of a message that was read. Its id stands beside them, and what its publisher expected of the stream is no part of it.
#[derive(Debug)]
struct Read(HeaderMap);

impl Lines for Read {
    fn walk<'a>(&'a self, line: &mut dyn FnMut(&'a str, &'a str)) {
        for (name, values) in self.0.iter() {
            let name: &str = name.as_ref();
            if name != "Nats-Msg-Id" && !name.starts_with("Nats-Expected-") {
                values.iter().for_each(|value| line(name, value.as_str()));
            }
        }
    }
}

/// The message id and all other headers.
pub(crate) fn from_wire(wire: HeaderMap) -> (String, Arc<dyn Lines>) {
    let message_id = wire.get(NATS_MESSAGE_ID).map(|id| id.as_str().to_owned()).unwrap_or_default();
    (message_id, Arc::new(Read(wire)))
}

fn value(text: String) -> Result<HeaderValue, PublishError> {
    if text.bytes().fold(false, |any, byte| any | matches!(byte, b'\r' | b'\n')) {
        return Err(PublishError::Refused(format!("header value {text:?} has a line break")));
    }
    Ok(HeaderValue::from(text))
}

fn header_name(name: Cow<'static, str>) -> Result<HeaderName, PublishError> {
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_graphic() && byte != b':') {
        return Err(PublishError::Refused(format!("header name {name:?}")));
    }
    match name {
        // No copy for the literals that nearly every header is named by.
        Cow::Borrowed(name) => Ok(HeaderName::from_static(name)),
        Cow::Owned(name) => HeaderName::try_from(name).map_err(|error| PublishError::Refused(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_come_back_as_they_went() {
        let headers: Headers =
            vec![(Cow::Borrowed("ce-type"), "order.placed".to_owned()), (Cow::Owned("x-mine".to_owned()), "1".to_owned())];
        let wire = to_wire(headers.clone(), "id-1".to_owned(), Expect::LastId("id-0".to_owned())).unwrap();
        let (message_id, read) = from_wire(wire);
        let mut read = messaging::headers::copied(&read);
        read.sort();
        assert_eq!((message_id.as_str(), read), ("id-1", headers));
    }

    #[test]
    fn a_header_that_would_break_the_protocol_is_refused() {
        for (name, text) in [("x", "a\r\nb"), ("x\r\n", "a"), ("x:y", "a"), ("", "a")] {
            for name in [Cow::Borrowed(name), Cow::Owned(name.to_owned())] {
                let refused = to_wire(vec![(name.clone(), text.to_owned())], String::new(), Expect::Any);
                assert!(matches!(refused, Err(PublishError::Refused(_))), "{name:?} {text:?}");
            }
        }
        assert!(to_wire(Vec::new(), "a\nb".to_owned(), Expect::Any).is_err());
        assert!(to_wire(Vec::new(), "a".to_owned(), Expect::LastId("\r".to_owned())).is_err());
    }
}
