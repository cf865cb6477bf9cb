//! A message as a mail (RFC 5322).

use std::time::{Duration, UNIX_EPOCH};

use lettre::message::header::{ContentTransferEncoding, ContentType};
use lettre::message::{Body, Mailbox};

use super::{Message, SendError};

/// The mail for a message. Its Message-ID is made from the key and its date is the message's, so that every attempt is the same mail and
/// a mailbox that gets two can tell.
pub fn build(from: &Mailbox, key: &str, message: &Message, readable: bool) -> Result<lettre::Message, SendError> {
    let wrong = |what: &str, error: &dyn std::fmt::Display| SendError::Permanent(format!("{what}: {error}"));
    let to: lettre::Address = message.to.address.parse().map_err(|error| wrong("bad address", &error))?;
    let date = UNIX_EPOCH + Duration::from_micros(u64::try_from(message.at_us).unwrap_or_default());
    let body = match readable {
        true => Body::new_with_encoding(message.body.clone(), ContentTransferEncoding::EightBit).unwrap_or_else(Body::new),
        false => Body::new(message.body.clone()),
    };
    lettre::Message::builder()
        .from(from.clone())
        .to(Mailbox::new(None, to))
        .subject(message.title.as_str())
        .date(date)
        .message_id(Some(format!("<{}@{}>", plain(key), from.email.domain())))
        .header(ContentType::TEXT_PLAIN)
        .body(body)
        .map_err(|error| wrong("bad mail", &error))
}

/// The key in letters that a Message-ID and a file name can both bear; different keys stay different.
pub fn plain(key: &str) -> String {
    let mut plain = String::with_capacity(key.len());
    for byte in key.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' => plain.push(char::from(byte)),
            _ => plain.push_str(&format!("%{byte:02X}")),
        }
    }
    plain
}
