//! The required fields and ranges that stand in the protos as options, checked on gRPC requests and on what is published by hand.

use std::fmt;

use prost_reflect::{DynamicMessage, Kind, ReflectMessage, Value};

use crate::{Described, Schemas};

mod compiled;
mod scalar;
mod unknown;

pub(crate) use compiled::is_ours;
pub use scalar::is_key;

pub(crate) use compiled::Compiled;
use compiled::FieldRules;

/// One thing that is wrong with a message.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Violation {
    /// Which field, as a path: `items[1].quantity`; empty when it is the whole.
    pub field: String,
    /// What is wrong with it.
    pub description: String,
}

impl Violation {
    /// A violation of `field`.
    pub fn new(field: impl Into<String>, description: impl Into<String>) -> Self {
        Self { field: field.into(), description: description.into() }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.field.as_str() {
            "" => out.write_str(&self.description),
            field => write!(out, "{field}: {}", self.description),
        }
    }
}

/// No message is told more than this many things at once.
const MOST: usize = 50;

impl Schemas {
    /// What is wrong with an encoded message; nothing when it keeps every rule. An unknown schema and bytes that can't be decoded are
    /// one violation of the whole.
    pub fn violations(&self, schema: &str, payload: &[u8]) -> Vec<Violation> {
        let Some(descriptor) = self.message(schema) else {
            return vec![Violation::new("", format!("unknown schema {schema}"))];
        };
        match DynamicMessage::decode(descriptor, payload) {
            Ok(message) => self.violations_of(&message),
            Err(error) => vec![Violation::new("", format!("cannot be decoded: {error}"))],
        }
    }

    /// What of an encoded message no proto knows, at every depth; nothing for bytes that can't be decoded, of which
    /// [`violations`](Self::violations) tells.
    pub fn unknown_fields(&self, schema: &str, payload: &[u8]) -> Vec<Violation> {
        let message = self.message(schema).and_then(|descriptor| DynamicMessage::decode(descriptor, payload).ok());
        let mut found = Found::new(&self.rules);
        if let Some(message) = message {
            unknown::visit(&message, &mut found);
        }
        found.violations
    }

    /// What is wrong with a message that is decoded already.
    pub(crate) fn violations_of(&self, message: &DynamicMessage) -> Vec<Violation> {
        let mut found = Found::new(&self.rules);
        visit(message, &mut found);
        found.violations
    }
}

/// Checks a message, for example a gRPC request.
///
/// # Errors
/// Everything that is wrong with it, at least one thing and at most 50.
pub fn check<M: Described>(message: &M) -> Result<(), Vec<Violation>> {
    match M::contracts().schemas().violations(&M::full_name(), &message.encode_to_vec()) {
        found if found.is_empty() => Ok(()),
        found => Err(found),
    }
}

/// Where the visit is, and what it found so far.
struct Found<'a> {
    rules: &'a Compiled,
    path: String,
    violations: Vec<Violation>,
}

impl<'a> Found<'a> {
    fn new(rules: &'a Compiled) -> Self {
        Self { rules, path: String::new(), violations: Vec::new() }
    }

    fn add(&mut self, description: String) {
        if self.violations.len() < MOST {
            self.violations.push(Violation::new(self.path.clone(), description));
        }
    }

    /// Runs `inner` one step further down.
    fn below(&mut self, step: impl fmt::Display, inner: impl FnOnce(&mut Self)) {
        let length = self.path.len();
        self.path.push_str(&step.to_string());
        inner(self);
        self.path.truncate(length);
    }
}

fn visit(message: &DynamicMessage, found: &mut Found<'_>) {
    let rules = found.rules;
    for field in rules.of_message(&message.descriptor()) {
        let dot = if found.path.is_empty() { "" } else { "." };
        found.below(format_args!("{dot}{}", field.name), |found| visit_field(message, field, found));
    }
}

fn visit_field(message: &DynamicMessage, field: &FieldRules, found: &mut Found<'_>) {
    let Some(descriptor) = message.descriptor().get_field(field.number) else { return };
    let given = message.has_field(&descriptor);
    if !given && (descriptor.supports_presence() || descriptor.is_list() || descriptor.is_map()) {
        if field.rules.required {
            found.add("is required".to_owned());
        }
        return;
    }
    match &*message.get_field(&descriptor) {
        Value::List(items) => {
            visit_length(items.len(), field, found);
            let most = field.rules.most_items();
            for (at, item) in items.iter().take(most).enumerate() {
                found.below(format_args!("[{at}]"), |found| visit_value(item, &descriptor.kind(), field, found));
            }
        }
        Value::Map(entries) => {
            visit_length(entries.len(), field, found);
            let Kind::Message(entry) = descriptor.kind() else { return };
            let kind = entry.map_entry_value_field().kind();
            let most = field.rules.most_items();
            for (key, value) in entries.iter().take(most) {
                let key = Value::from(key.clone());
                let step = key.as_str().map_or_else(|| format!("[{key}]"), |text| format!("[{text:?}]"));
                found.below(step, |found| {
                    visit_value(&key, &entry.map_entry_key_field().kind(), field, found);
                    visit_value(value, &kind, field, found);
                });
            }
        }
        value => {
            let before = found.violations.len();
            if given || !matches!(value, Value::String(_) | Value::Bytes(_)) {
                visit_value(value, &descriptor.kind(), field, found);
            }
            if is_before(message, value, &field.rules.not_before) {
                found.add(format!("must not be before {}", field.rules.not_before));
            }
            // `optional` and given is enough, except for texts; a number out of range has been told so already.
            let empty = matches!(value, Value::String(text) if text.is_empty()) || (!given && !matches!(value, Value::Bool(_)));
            if field.rules.required && empty && found.violations.len() == before {
                found.add("is required".to_owned());
            }
        }
    }
}

/// Whether a time is before the field `other` of its message; not where that is absent.
fn is_before(message: &DynamicMessage, value: &Value, other: &str) -> bool {
    let time = |value: &Value| value.as_message()?.transcode_to().ok().map(|time: prost_types::Timestamp| (time.seconds, time.nanos));
    let other = message.descriptor().get_field_by_name(other).filter(|field| message.has_field(field));
    let other = other.and_then(|field| time(&message.get_field(&field)));
    time(value).zip(other).is_some_and(|(this, other)| this < other)
}

fn visit_length(items: usize, field: &FieldRules, found: &mut Found<'_>) {
    let (least, most) = (field.rules.least_items(), field.rules.most_items());
    if items < least {
        found.add(format!("must have at least {least} items, has {items}"));
    } else if items > most {
        found.add(format!("must have at most {most} items, has {items}"));
    }
}

fn visit_value(value: &Value, kind: &Kind, field: &FieldRules, found: &mut Found<'_>) {
    match value {
        Value::Message(message) if is_ours(&message.descriptor()) => visit(message, found),
        value => {
            if let Some(description) = scalar::refusal(value, kind, &field.rules) {
                found.add(description);
            }
        }
    }
}
