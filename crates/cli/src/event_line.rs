//! One event as a line: time, type, aggregate and key, ids, and what it says.

use catalogue::events::v1::Event;
use prost_types::{Struct, Value, value::Kind};
use serde_json::{Map, Value as Json, json};

use crate::text;

/// What `--help` says of events in JSON.
pub const HELP: &str = "With --json: {\"id\", \"type\", \"kind\", \"source\", \"aggregate_type\", \"key\", \"time\", \"schema\", \"correlation_id\", \
     \"causation_id\", \"sequence\", \"position\", \"trace_id\", \"extensions\", \"data\"}; the data is null where it cannot be read.";

/// `2026-11-21T09:35:01.123456Z  order.placed  order/import-17  {…}`
pub fn line(event: &Event) -> String {
    let data = event.data.as_ref().map(|data| object(data).to_string()).unwrap_or_default();
    format!("{}  {}  {}/{}  {data}", text::time(event.time.as_ref()), event.r#type, event.aggregate_type, event.key)
}

/// Everything that is known of it, by the names of `ensue.events.v1.Event`; they stay.
pub fn json(event: &Event) -> Json {
    json!({
        "id": event.id,
        "type": event.r#type,
        "kind": event.kind,
        "source": event.source,
        "aggregate_type": event.aggregate_type,
        "key": event.key,
        "time": text::time(event.time.as_ref()),
        "schema": event.schema,
        "correlation_id": event.correlation_id,
        "causation_id": event.causation_id,
        "sequence": event.sequence,
        "position": event.position,
        "trace_id": event.trace_id,
        "extensions": event.extensions,
        "data": event.data.as_ref().map(object),
    })
}

/// A Protobuf object as the JSON it stands for.
pub fn object(data: &Struct) -> Json {
    Json::Object(data.fields.iter().map(|(name, value)| (name.clone(), self::value(value))).collect::<Map<_, _>>())
}

fn value(of: &Value) -> Json {
    match &of.kind {
        None | Some(Kind::NullValue(_)) => Json::Null,
        Some(Kind::BoolValue(yes)) => json!(yes),
        // Whole numbers as people write them: 3, not 3.0.
        Some(Kind::NumberValue(number)) if number.fract() == 0.0 && number.abs() < 9e15 => json!(*number as i64),
        Some(Kind::NumberValue(number)) => json!(number),
        Some(Kind::StringValue(text)) => json!(text),
        Some(Kind::ListValue(list)) => Json::Array(list.values.iter().map(value).collect()),
        Some(Kind::StructValue(data)) => object(data),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_help_promises_is_what_is_there() {
        let json = json(&Event { sequence: 3, ..Event::default() });
        let mut promised: Vec<&str> = HELP.split('"').skip(1).step_by(2).collect();
        promised.sort_unstable();
        assert_eq!(json.as_object().unwrap().keys().collect::<Vec<_>>(), promised);
        assert_eq!((&json["sequence"], &json["data"]), (&json!(3), &Json::Null));
    }
}
