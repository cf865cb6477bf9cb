//! Dead letters in JSON. Names are those of `ensue.platform.v1`, and stay; a time is RFC 3339 in UTC, and empty where there is none.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use catalogue::events::v1::{GetDeadLetterResponse, ListDeadLettersResponse};
use catalogue::platform::v1::{DeadLetter, DeadLetterCount};
use serde_json::{Value as Json, json};

use crate::{event_line, text};

/// What `list --help` says of it.
pub const LIST: &str = "With --json: {\"total\", \"counts\": [{\"service\", \"consumer\", \"type\", \"reason\", \"fingerprint\", \"count\", \"sample_error\", \
     \"oldest_at\", \"newest_at\"}], \"dead_letters\": [{\"id\", \"service\", \"state\", \"consumer\", \"event_id\", \"type\", \"key\", \"aggregate_type\", \
     \"reason\", \"error\", \"fingerprint\", \"attempts\": [{\"at\", \"error\"}], \"trace_id\", \"correlation_id\", \"created_at\", \"settled_at\", \
     \"settled_reason\", \"waiting\", \"stream\", \"position\"}], \"silent_services\"}; the exit code is 1 when a service was silent.";

/// What `show --help` says of it.
pub const SHOW: &str = "With --json: the fields of `dead list --json`, \"subject\", \"headers\": [{\"name\", \"value\"}], \"payload\" (base64), and \"data\", \
     which is null where the payload cannot be read.";

/// Numbers, letters, and who did not answer.
pub fn list(counts: &ListDeadLettersResponse, letters: &[DeadLetter], silent: &[&str]) -> Json {
    json!({
        "total": counts.total,
        "counts": counts.counts.iter().map(count).collect::<Vec<_>>(),
        "dead_letters": letters.iter().map(letter).collect::<Vec<_>>(),
        "silent_services": silent,
    })
}

/// One with all that it brought.
pub fn show(dead: &DeadLetter, answer: &GetDeadLetterResponse) -> Json {
    let mut json = letter(dead);
    json["subject"] = json!(dead.subject);
    json["headers"] = dead.headers.iter().map(|header| json!({ "name": header.name, "value": header.value })).collect();
    json["payload"] = json!(STANDARD.encode(&dead.payload));
    json["data"] = json!(answer.data.as_ref().map(event_line::object));
    json
}

/// Where it stands, as a word.
pub fn state(letter: &DeadLetter) -> String {
    letter.state().as_str_name().trim_start_matches("DEAD_LETTER_STATE_").to_ascii_lowercase()
}

fn letter(letter: &DeadLetter) -> Json {
    let attempts = letter.attempts.iter().map(|attempt| json!({ "at": text::time(attempt.at.as_ref()), "error": attempt.error }));
    json!({
        "id": letter.id,
        "service": letter.service,
        "state": state(letter),
        "consumer": letter.consumer,
        "event_id": letter.event_id,
        "type": letter.r#type,
        "key": letter.key,
        "aggregate_type": letter.aggregate_type,
        "reason": letter.reason,
        "error": letter.error,
        "fingerprint": letter.fingerprint,
        "attempts": attempts.collect::<Vec<_>>(),
        "trace_id": letter.trace_id,
        "correlation_id": letter.correlation_id,
        "created_at": text::time(letter.created_at.as_ref()),
        "settled_at": text::time(letter.settled_at.as_ref()),
        "settled_reason": letter.settled_reason,
        "waiting": letter.waiting,
        "stream": letter.stream,
        "position": letter.position,
    })
}

fn count(count: &DeadLetterCount) -> Json {
    json!({
        "service": count.service,
        "consumer": count.consumer,
        "type": count.r#type,
        "reason": count.reason,
        "fingerprint": count.fingerprint,
        "count": count.count,
        "sample_error": count.sample_error,
        "oldest_at": text::time(count.oldest_at.as_ref()),
        "newest_at": text::time(count.newest_at.as_ref()),
    })
}

#[cfg(test)]
mod tests {
    use catalogue::platform::v1::{DeadLetterState, Header};

    use super::*;

    /// The names between quotes: what the help promises, and what is there.
    fn promised(help: &str) -> Vec<&str> {
        help.split('"').skip(1).step_by(2).collect()
    }

    fn names(json: &Json, found: &mut Vec<String>) {
        match json {
            Json::Object(fields) => fields.iter().for_each(|(name, value)| {
                found.push(name.clone());
                names(value, found);
            }),
            Json::Array(values) => values.iter().for_each(|value| names(value, found)),
            _ => {}
        }
    }

    fn dead() -> DeadLetter {
        DeadLetter {
            id: "d-1".to_owned(),
            state: DeadLetterState::Open.into(),
            attempts: vec![catalogue::platform::v1::Attempt { at: None, error: "no oven".to_owned() }],
            headers: vec![Header { name: "Ce-Id".to_owned(), value: "1".to_owned() }],
            payload: vec![0, 255].into(),
            ..DeadLetter::default()
        }
    }

    #[test]
    fn what_the_help_promises_is_what_is_there() {
        let counts = ListDeadLettersResponse { counts: vec![DeadLetterCount::default()], total: 1, ..ListDeadLettersResponse::default() };
        let list = list(&counts, &[dead()], &["ovens"]);
        let mut found = Vec::new();
        names(&list, &mut found);
        found.sort();
        let mut promised: Vec<&str> = promised(LIST);
        promised.sort_unstable();
        assert_eq!(found, promised);
        assert_eq!((&list["dead_letters"][0]["state"], &list["silent_services"][0]), (&json!("open"), &json!("ovens")));
    }

    #[test]
    fn one_letter_has_its_bytes() {
        let shown = show(&dead(), &GetDeadLetterResponse::default());
        assert_eq!((&shown["payload"], &shown["data"]), (&json!("AP8="), &Json::Null));
        assert_eq!(shown["headers"], json!([{ "name": "Ce-Id", "value": "1" }]));
        assert!(promised(SHOW).iter().all(|name| shown.get(*name).is_some() || shown["headers"][0].get(*name).is_some()), "{shown}");
    }
}
