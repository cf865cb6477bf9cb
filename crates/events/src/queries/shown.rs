//! Messages as people see them: with their payload as JSON, in its newest version.

use catalogue::Catalogue;
use catalogue::events::v1::Event;
use messaging::{Envelope, Kind, headers};
use prost_types::value::Kind as Json;
use prost_types::{ListValue, Struct, Value};

/// An event or command with all that is known about it.
pub(crate) fn event(envelope: &Envelope, with_payload: bool, catalogue: &Catalogue) -> Event {
    Event {
        id: envelope.id.clone(),
        r#type: envelope.type_.clone(),
        kind: match envelope.kind {
            Kind::Event => "event".to_owned(),
            Kind::Command => "command".to_owned(),
        },
        source: envelope.source.clone(),
        key: envelope.key.clone(),
        aggregate_type: envelope.aggregate_type.clone(),
        time: Some(headers::timestamp(envelope.time_us)),
        schema: envelope.schema.clone(),
        correlation_id: envelope.correlation_id.clone(),
        causation_id: envelope.causation_id.clone(),
        sequence: envelope.sequence,
        position: envelope.position,
        trace_id: envelope.trace.trace_id().to_owned(),
        extensions: envelope.extensions.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
        data: data(envelope, catalogue),
        payload: if with_payload { envelope.payload.clone() } else { Default::default() },
    }
}

/// The payload as JSON; absent where it can't be read.
pub(crate) fn data(envelope: &Envelope, catalogue: &Catalogue) -> Option<Struct> {
    object(delivery::to_json(envelope, catalogue).ok()?)
}

/// A JSON object as a Protobuf one; absent where it is something else.
pub(crate) fn object(json: serde_json::Value) -> Option<Struct> {
    match value(json).kind {
        Some(Json::StructValue(object)) => Some(object),
        _ => None,
    }
}

fn value(json: serde_json::Value) -> Value {
    let kind = match json {
        serde_json::Value::Null => Json::NullValue(0),
        serde_json::Value::Bool(bool) => Json::BoolValue(bool),
        serde_json::Value::Number(number) => Json::NumberValue(number.as_f64().unwrap_or(f64::NAN)),
        serde_json::Value::String(text) => Json::StringValue(text),
        serde_json::Value::Array(items) => Json::ListValue(ListValue { values: items.into_iter().map(value).collect() }),
        serde_json::Value::Object(fields) => {
            Json::StructValue(Struct { fields: fields.into_iter().map(|(name, field)| (name, value(field))).collect() })
        }
    };
    Value { kind: Some(kind) }
}

/// A Protobuf object as JSON. Its numbers are all floats; those without a fraction are integers again.
pub(crate) fn json(object: &Struct) -> serde_json::Value {
    serde_json::Value::Object(object.fields.iter().map(|(name, field)| (name.clone(), json_value(field))).collect())
}

fn json_value(value: &Value) -> serde_json::Value {
    match &value.kind {
        None | Some(Json::NullValue(_)) => serde_json::Value::Null,
        Some(Json::BoolValue(bool)) => (*bool).into(),
        Some(Json::NumberValue(number)) => json_number(*number),
        Some(Json::StringValue(text)) => text.clone().into(),
        Some(Json::ListValue(list)) => list.values.iter().map(json_value).collect(),
        Some(Json::StructValue(object)) => json(object),
    }
}

fn json_number(number: f64) -> serde_json::Value {
    /// Beyond it floats skip integers.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    #[allow(clippy::cast_possible_truncation, reason = "whole and within 2^53")]
    if number.fract() == 0.0 && number.abs() <= EXACT { (number as i64).into() } else { number.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_survives_the_way_there_and_back() {
        let given = serde_json::json!({"a": 1, "b": -2.5, "c": [true, null, "text", {"d": {}}], "e": 9_007_199_254_740_991_i64});
        assert_eq!(json(&object(given.clone()).unwrap()), given);
        assert_eq!(object(serde_json::json!([1])), None);
    }
}
