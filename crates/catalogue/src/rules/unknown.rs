//! Fields of an encoded message that no proto knows.

use prost_reflect::{DynamicMessage, Value};

use super::Found;

/// Finds them at every depth.
pub(super) fn visit(message: &DynamicMessage, found: &mut Found<'_>) {
    for field in message.unknown_fields() {
        found.add(format!("has a field {} that is not known", field.number()));
    }
    for (field, value) in message.fields() {
        let dot = if found.path.is_empty() { "" } else { "." };
        found.below(format_args!("{dot}{}", field.name()), |found| visit_value(value, found));
    }
}

fn visit_value(value: &Value, found: &mut Found<'_>) {
    match value {
        Value::Message(message) => visit(message, found),
        Value::List(items) => {
            for (at, item) in items.iter().enumerate() {
                found.below(format_args!("[{at}]"), |found| visit_value(item, found));
            }
        }
        Value::Map(entries) => {
            for (key, item) in entries {
                found.below(format_args!("[{}]", Value::from(key.clone())), |found| visit_value(item, found));
            }
        }
        _ => {}
    }
}
