//! `publish`: events from a file of JSON lines, all or nothing.

use std::path::PathBuf;

use anyhow::{Context as _, ensure};
use catalogue::events::v1::{NewEvent, PublishEventsRequest};
use clap::Args;
use prost_types::{ListValue, Struct, Value, value::Kind};
use serde::Deserialize;
use uuid::Uuid;

use crate::{Server, Verdict, ask, say};

#[derive(Debug, Args)]
pub struct Arguments {
    /// One event a line: {"type": "workout.completed", "data": {…}}; also "key" and "id"
    #[arg(long, value_name = "FILE")]
    file: PathBuf,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    r#type: String,
    #[serde(default)]
    key: String,
    #[serde(default)]
    id: String,
    data: serde_json::Map<String, serde_json::Value>,
}

/// Publishes them in one call. The same file again is the same request: nothing is published twice.
pub async fn run(server: &Server, arguments: &Arguments) -> anyhow::Result<Verdict> {
    let file = arguments.file.display();
    let text = std::fs::read_to_string(&arguments.file).with_context(|| format!("{file}"))?;
    let mut events = Vec::new();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        events.push(event(line).with_context(|| format!("{file}, line {}", number + 1))?);
    }
    ensure!(!events.is_empty(), "{file}: no events in it");
    let request_id = Uuid::new_v5(&Uuid::NAMESPACE_OID, text.as_bytes()).to_string();
    let answer =
        ask!(server, events.publish_events(PublishEventsRequest { events: events.clone(), request_id: Some(request_id.clone()) })).await?;
    say!("published  {}", answer.count);
    Ok(Verdict::Good)
}

fn event(line: &str) -> Result<NewEvent, serde_json::Error> {
    let line: Line = serde_json::from_str(line)?;
    Ok(NewEvent { r#type: line.r#type, key: line.key, id: line.id, data: Some(object(line.data)) })
}

fn object(map: serde_json::Map<String, serde_json::Value>) -> Struct {
    Struct { fields: map.into_iter().map(|(name, value)| (name, self::value(value))).collect() }
}

fn value(json: serde_json::Value) -> Value {
    use serde_json::Value as Json;
    let kind = match json {
        Json::Null => Kind::NullValue(0),
        Json::Bool(yes) => Kind::BoolValue(yes),
        // A whole number that a double can't hold stays exact as text, which ProtoJSON reads as a 64-bit number.
        Json::Number(number) => match number.as_i64().filter(|whole| whole.unsigned_abs() > 1 << 53) {
            Some(whole) => Kind::StringValue(whole.to_string()),
            None => Kind::NumberValue(number.as_f64().unwrap_or_default()),
        },
        Json::String(text) => Kind::StringValue(text),
        Json::Array(values) => Kind::ListValue(ListValue { values: values.into_iter().map(value).collect() }),
        Json::Object(map) => Kind::StructValue(object(map)),
    };
    Value { kind: Some(kind) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_an_event_and_nothing_else() {
        let event = event(r#"{"type": "user.acted", "data": {"n": 1, "big": 9007199254740993}}"#).unwrap();
        let data = event.data.unwrap();
        assert_eq!(data.fields["n"].kind, Some(Kind::NumberValue(1.0)));
        assert_eq!(data.fields["big"].kind, Some(Kind::StringValue("9007199254740993".to_owned())));
        assert!(self::event(r#"{"type": "user.acted", "date": {}}"#).is_err());
    }
}
