//! Walking an XML file: what stands where, one element after the other.

use std::io::BufRead;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::ReadError;
use crate::domain::{Reason, Refused};

/// Elements in one another.
const DEPTH: usize = 64;
/// Bytes of one element's text that are looked at.
const TEXT: usize = 4 << 10;

/// Sees the elements; names are without their prefix.
pub(super) trait Visitor {
    /// An element begins; `path` ends with it.
    fn begin(&mut self, path: &[String], attributes: &Attributes<'_>) -> Result<(), Refused>;
    /// It ends; `text` is what stood in it outside of other elements.
    fn end(&mut self, path: &[String], text: &str) -> Result<(), Refused>;
}

/// An element's attributes.
pub(super) struct Attributes<'a>(&'a BytesStart<'a>);

impl Attributes<'_> {
    pub(super) fn text(&self, name: &str) -> Option<String> {
        let attribute = self.0.try_get_attribute(name).ok().flatten()?;
        attribute.unescape_value().ok().map(|value| value.trim().to_owned())
    }

    pub(super) fn number(&self, name: &str) -> Option<f64> {
        number(&self.text(name)?)
    }
}

/// A number that is one.
pub(super) fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

/// Microseconds since 1970 UTC, from RFC 3339.
pub(super) fn time(text: &str) -> Option<i64> {
    let time: prost_types::Timestamp = text.parse().ok()?;
    time.seconds.checked_mul(1_000_000)?.checked_add(i64::from(time.nanos) / 1_000)
}

/// Walks to the end; what is no XML, or ends before its last element does, is damaged.
pub(super) fn walk(source: impl BufRead, visitor: &mut impl Visitor) -> Result<(), ReadError> {
    let mut reader = Reader::from_reader(source);
    let (mut path, mut texts): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    let mut buffer = Vec::new();
    let damaged = |error: &dyn std::fmt::Display, at: u64| Reason::Damaged.because(format!("byte {at}: {error}"));
    loop {
        buffer.clear();
        let event = reader.read_event_into(&mut buffer);
        let at = reader.buffer_position();
        match event {
            Ok(Event::Start(start)) => {
                if path.len() == DEPTH {
                    return Err(damaged(&"too many elements in one another", at).into());
                }
                path.push(local(&start));
                texts.push(String::new());
                visitor.begin(&path, &Attributes(&start))?;
            }
            Ok(Event::Empty(start)) => {
                path.push(local(&start));
                visitor.begin(&path, &Attributes(&start))?;
                visitor.end(&path, "")?;
                path.pop();
            }
            Ok(Event::Text(text)) => {
                let Some(held) = texts.last_mut() else { continue };
                let room = TEXT.saturating_sub(held.len());
                held.push_str(&String::from_utf8_lossy(&text[..text.len().min(room)]));
            }
            Ok(Event::End(_)) => {
                let text = texts.pop().unwrap_or_default();
                visitor.end(&path, text.trim())?;
                path.pop();
            }
            Ok(Event::Eof) if path.is_empty() => return Ok(()),
            Ok(Event::Eof) => return Err(damaged(&"it ends in the middle", at).into()),
            Ok(_) => {}
            Err(quick_xml::Error::Io(error)) => return Err(std::io::Error::new(error.kind(), error).into()),
            Err(error) => return Err(damaged(&error, at).into()),
        }
    }
}

fn local(start: &BytesStart<'_>) -> String {
    String::from_utf8_lossy(start.local_name().as_ref()).into_owned()
}
