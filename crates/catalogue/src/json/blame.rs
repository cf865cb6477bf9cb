//! Which fields of a JSON object are at fault, after it was refused as a whole: the parser names none.

use prost_reflect::{DeserializeOptions, DynamicMessage, FieldDescriptor, Kind, MessageDescriptor};
use serde_json::{Map, Value};

use crate::rules::Violation;

/// The fields that cannot be read, each with its path.
pub fn fields(descriptor: &MessageDescriptor, value: &Value, strict: bool) -> Vec<Violation> {
    let mut found = Vec::new();
    message(descriptor, value, strict, "", &mut found);
    found
}

fn message(descriptor: &MessageDescriptor, value: &Value, strict: bool, path: &str, found: &mut Vec<Violation>) {
    let Value::Object(object) = value else {
        found.push(Violation::new(path, "must be a JSON object"));
        return;
    };
    for (name, value) in object {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        match descriptor.get_field_by_name(name).or_else(|| descriptor.get_field_by_json_name(name)) {
            Some(descriptor) => field(&descriptor, name, value, strict, &path, found),
            None if strict => found.push(Violation::new(path, "is no known field")),
            None => {}
        }
    }
}

/// Reads the field alone; goes down into it where that fails.
fn field(field: &FieldDescriptor, name: &str, value: &Value, strict: bool, path: &str, found: &mut Vec<Violation>) {
    let Some(error) = alone(field, name, value, strict) else { return };
    let before = found.len();
    match (field.kind(), value) {
        _ if field.is_map() => {}
        (Kind::Message(inner), Value::Array(items)) if field.is_list() && is_plain(&inner) => {
            for (at, item) in items.iter().enumerate() {
                message(&inner, item, strict, &format!("{path}[{at}]"), found);
            }
        }
        (_, Value::Array(items)) if field.is_list() => {
            let failing = items
                .iter()
                .enumerate()
                .find_map(|(at, item)| alone(field, name, &Value::Array(vec![item.clone()]), strict).map(|error| (at, error)));
            found.extend(failing.map(|(at, error)| Violation::new(format!("{path}[{at}]"), error)));
        }
        (Kind::Message(inner), value) if !field.is_list() && is_plain(&inner) => message(&inner, value, strict, path, found),
        _ => {}
    }
    if found.len() == before {
        found.push(Violation::new(path, error));
    }
}

/// Why an object with this field alone is refused.
fn alone(field: &FieldDescriptor, name: &str, value: &Value, strict: bool) -> Option<String> {
    let object = Value::Object(Map::from_iter([(name.to_owned(), value.clone())]));
    let options = DeserializeOptions::new().deny_unknown_fields(strict);
    DynamicMessage::deserialize_with_options(field.parent_message().clone(), &object, &options).err().map(|error| error.to_string())
}

/// Not one of Google's, which have JSON forms of their own.
fn is_plain(message: &MessageDescriptor) -> bool {
    !message.full_name().starts_with("google.")
}
