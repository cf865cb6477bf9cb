//! What a single value must be.

use jiff::tz::TimeZone;
use prost_reflect::{DynamicMessage, Kind, ReflectMessage, Value};

use crate::options::v1::Rules;

/// Characters of a text where the proto says nothing.
const MAX_CHARACTERS: u32 = 1_024;
/// Bytes of a `bytes` field where the proto says nothing.
const MAX_BYTES: u32 = 1 << 20;
/// What a key may be long, being one token of a subject.
const MAX_ID: usize = 64;

/// Why a value is refused; `None` when it is good.
pub fn refusal(value: &Value, kind: &Kind, rules: &Rules) -> Option<String> {
    match value {
        Value::String(text) => text_refusal(text, rules),
        Value::Bytes(bytes) => length_refusal(bytes.len(), "bytes", rules, MAX_BYTES),
        Value::I32(number) => integer_refusal(i128::from(*number), rules),
        Value::I64(number) => integer_refusal(i128::from(*number), rules),
        Value::U32(number) => integer_refusal(i128::from(*number), rules),
        Value::U64(number) => integer_refusal(i128::from(*number), rules),
        Value::F32(number) => float_refusal(f64::from(*number), rules),
        Value::F64(number) => float_refusal(*number, rules),
        Value::EnumNumber(number) => match kind {
            Kind::Enum(known) if known.get_value(*number).is_none() => Some(format!("{number} is no value of {}", known.name())),
            _ => None,
        },
        Value::Message(message) if message.descriptor().full_name() == "google.protobuf.Timestamp" => time_refusal(message),
        _ => None,
    }
}

fn text_refusal(text: &str, rules: &Rules) -> Option<String> {
    if text.is_empty() {
        return None;
    }
    if rules.id && !is_id(text) {
        return Some(format!("must be 1 to {MAX_ID} characters of A-Z, a-z, 0-9, _ and -"));
    }
    if rules.currency && !(text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase())) {
        return Some("must be an ISO 4217 code: three upper-case letters".to_owned());
    }
    if rules.time_zone && TimeZone::get(text).is_err() {
        return Some("must be an IANA time zone such as Asia/Shanghai".to_owned());
    }
    if text.contains('\0') {
        // Postgres keeps no such text.
        return Some("must not contain U+0000".to_owned());
    }
    if !rules.one_of.is_empty() && !rules.one_of.iter().any(|allowed| allowed == text) {
        return Some(format!("must be one of: {}", rules.one_of.join(", ")));
    }
    length_refusal(text.chars().count(), "characters", rules, MAX_CHARACTERS)
}

fn is_id(text: &str) -> bool {
    text.len() <= MAX_ID && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}

fn length_refusal(length: usize, unit: &str, rules: &Rules, otherwise: u32) -> Option<String> {
    let (least, most) = (rules.min_len.unwrap_or(0) as usize, rules.max_len.unwrap_or(otherwise) as usize);
    if length < least {
        Some(format!("must have at least {least} {unit}, has {length}"))
    } else if length > most {
        Some(format!("must have at most {most} {unit}, has {length}"))
    } else {
        None
    }
}

fn integer_refusal(number: i128, rules: &Rules) -> Option<String> {
    match (rules.min, rules.max) {
        (Some(min), _) if number < i128::from(min) => Some(format!("must be at least {min}, is {number}")),
        (_, Some(max)) if number > i128::from(max) => Some(format!("must be at most {max}, is {number}")),
        _ => None,
    }
}

fn float_refusal(number: f64, rules: &Rules) -> Option<String> {
    // Bounds are far below 2^53, where every integer is a float.
    match (rules.min, rules.max) {
        _ if !number.is_finite() => Some("must be a finite number".to_owned()),
        (Some(min), _) if number < min as f64 => Some(format!("must be at least {min}, is {number}")),
        (_, Some(max)) if number > max as f64 => Some(format!("must be at most {max}, is {number}")),
        _ => None,
    }
}

/// Years 1 to 9999, as RFC 3339 and Protobuf have it.
fn time_refusal(message: &DynamicMessage) -> Option<String> {
    let good = message
        .transcode_to::<prost_types::Timestamp>()
        .is_ok_and(|time| (-62_135_596_800..=253_402_300_799).contains(&time.seconds) && (0..1_000_000_000).contains(&time.nanos));
    (!good).then(|| "must be a time of the years 1 to 9999".to_owned())
}

/// Whether a text can be a key: 1 to 64 of `[A-Za-z0-9_-]`.
pub fn is_key(text: &str) -> bool {
    !text.is_empty() && is_id(text)
}
