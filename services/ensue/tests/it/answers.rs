//! Reading what services answer in JSON's terms.

use prost_types::value::Kind;
use prost_types::{Struct, Value};

/// A field by its Protobuf name, or by the name that JSON prefers.
pub fn field<'a>(data: &'a Struct, name: &str) -> Option<&'a Value> {
    let mut camel = String::new();
    for part in name.split('_') {
        match camel.is_empty() {
            true => camel.push_str(part),
            false => camel.push_str(&(part[..1].to_uppercase() + &part[1..])),
        }
    }
    data.fields.get(name).or_else(|| data.fields.get(&camel))
}

/// A text; empty where there is none.
pub fn text(data: &Struct, name: &str) -> String {
    match field(data, name).and_then(|value| value.kind.clone()) {
        Some(Kind::StringValue(text)) => text,
        _ => String::new(),
    }
}

/// A whole number, also where it is written as text; 0 where there is none.
pub fn whole(data: &Struct, name: &str) -> i64 {
    match field(data, name).and_then(|value| value.kind.clone()) {
        Some(Kind::StringValue(text)) => text.parse().expect("a number"),
        Some(Kind::NumberValue(number)) => number as i64,
        _ => 0,
    }
}
