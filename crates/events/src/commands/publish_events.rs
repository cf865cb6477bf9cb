//! `PublishEvents`: a list of facts from outside, all or nothing. Each is checked as the door of its service would, then all are written
//! down in one transaction; from there they are brought to the doors, for which a repeat is nothing new.

use std::sync::Arc;

use catalogue::events::v1::{NewEvent, PublishEventsRequest, PublishEventsResponse};
use catalogue::{Catalogue, Entry, Kind, Violation, is_key};
use messaging::{Cause, Headers, PROTOBUF, root_id};
use service_host::{Context, command, status};
use tokio::sync::Notify;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use crate::queries::shown;
use crate::store::outgoing::{self, Outgoing};

/// What fits into one message of the broker, headers included.
const BODY: usize = 900_000;

/// An event that may be published.
#[derive(Clone)]
struct Checked {
    message: Outgoing,
    /// What tells a repeat of it.
    id: String,
}

pub(crate) async fn publish_events(
    context: &Context,
    accepted: &Arc<Notify>,
    request: Request<PublishEventsRequest>,
) -> Result<Response<PublishEventsResponse>, Status> {
    command::check(request.get_ref())?;
    let checked: Arc<[Checked]> = check(&context.catalogue, request.get_ref()).map_err(status::invalid)?.into();
    let answer = command::run(
        context,
        "PublishEvents",
        request,
        |request| request.request_id(),
        move |_, cause, work| {
            let checked = checked.clone();
            Box::pin(async move {
                let headers = headers(&cause);
                let messages: Vec<Outgoing> =
                    checked.iter().map(|one| Outgoing { headers: headers.clone(), ..one.message.clone() }).collect();
                outgoing::put(work, &messages).await?;
                let count = u32::try_from(checked.len()).unwrap_or(u32::MAX);
                Ok(PublishEventsResponse { count, ids: checked.iter().map(|one| one.id.clone()).collect() })
            })
        },
    )
    .await?;
    accepted.notify_one();
    Ok(answer)
}

fn headers(cause: &Cause) -> Headers {
    let mut headers: Headers =
        vec![("ce-datacontenttype".into(), PROTOBUF.to_owned()), ("ce-correlationid".into(), cause.correlation_id.clone())];
    if !cause.trace.traceparent.is_empty() {
        headers.push(("traceparent".into(), cause.trace.traceparent.clone()));
    }
    headers
}

/// All of them, or what is wrong with each.
fn check(catalogue: &Catalogue, request: &PublishEventsRequest) -> Result<Vec<Checked>, Vec<(String, String)>> {
    let (mut good, mut wrong) = (Vec::with_capacity(request.events.len()), Vec::new());
    for (at, event) in request.events.iter().enumerate() {
        match check_one(catalogue, request.request_id(), at, event) {
            Ok(checked) => good.push(checked),
            Err(faults) => wrong.extend(faults.into_iter().map(|fault| (format!("events[{at}].{}", fault.field), fault.description))),
        }
    }
    if wrong.is_empty() { Ok(good) } else { Err(wrong) }
}

fn check_one(catalogue: &Catalogue, request_id: &str, at: usize, event: &NewEvent) -> Result<Checked, Vec<Violation>> {
    let fault = |field: &str, why: String| vec![Violation::new(field, why)];
    let Some(entry) = catalogue.find_kind(Kind::Event, &event.r#type) else {
        return Err(fault("type", format!("no event {} is in the catalogue", event.r#type)));
    };
    if !entry.by_hand {
        return Err(fault("type", format!("type {} is not open to publishing by hand: only its service may say so", entry.type_)));
    }
    let data = event.data.as_ref().map(shown::json).unwrap_or_default();
    let key = if event.key.is_empty() { text(&data, &entry.key_field) } else { event.key.clone() };
    if !is_key(&key) {
        let why = format!("1 to 64 characters of [A-Za-z0-9_-], here or as data.{}", entry.key_field);
        return Err(fault("key", why));
    }
    let schema = entry.hand_schema();
    let payload = catalogue.from_json(schema, data.to_string().as_bytes(), &[(&entry.key_field, &key)]).map_err(|faults| {
        let named = |fault: Violation| {
            let dot = if fault.field.is_empty() { "" } else { "." };
            Violation::new(format!("data{dot}{}", fault.field), fault.description)
        };
        faults.into_iter().map(named).collect::<Vec<_>>()
    })?;
    if payload.len() > BODY {
        return Err(fault("data", format!("{} bytes, at most {BODY}", payload.len())));
    }
    let (message_id, id) = identity(request_id, at, event, entry, &data);
    let subject = format!("ingest.{}.{key}", entry.type_);
    Ok(Checked { message: Outgoing { key, subject, message_id, headers: Headers::new(), payload }, id })
}

/// The message id to publish under, and what the caller is told: an id that was given; else nothing where the door knows the fact by its
/// natural key; else an id of its own, so that publishing it twice is no second event.
fn identity(request_id: &str, at: usize, event: &NewEvent, entry: &Entry, data: &serde_json::Value) -> (String, String) {
    if !event.id.is_empty() {
        return (event.id.clone(), event.id.clone());
    }
    let natural = entry.natural_key.as_deref().map(|field| text(data, field)).unwrap_or_default();
    if !natural.is_empty() {
        return (String::new(), natural);
    }
    let id = match request_id {
        "" => root_id(),
        request_id => Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("PublishEvents/{request_id}/{at}").as_bytes()).to_string(),
    };
    (id.clone(), id)
}

/// A text field by its proto name, or by its name in JSON.
fn text(data: &serde_json::Value, field: &str) -> String {
    let camel = field.split('_').enumerate().map(|(at, word)| match (at, word.split_at_checked(1)) {
        (1.., Some((first, rest))) => first.to_uppercase() + rest,
        _ => word.to_owned(),
    });
    let found = data.get(field).or_else(|| data.get(camel.collect::<String>()));
    found.and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(type_: &str, data: serde_json::Value) -> NewEvent {
        NewEvent { r#type: type_.to_owned(), data: shown::object(data), ..NewEvent::default() }
    }

    fn faults(event: &NewEvent) -> Vec<String> {
        check_one(&testkit::sample::catalogue(), "", 0, event).err().unwrap_or_default().into_iter().map(|fault| fault.field).collect()
    }

    #[test]
    fn the_key_is_taken_from_the_data_in_either_spelling() {
        for field in ["user_id", "userId"] {
            let data = serde_json::json!({field: "user-1", "action": "looked"});
            let checked =
                check_one(&testkit::sample::catalogue(), "", 0, &event("user.action", data)).unwrap_or_else(|faults| panic!("{faults:?}"));
            assert_eq!(checked.message.subject, "ingest.user.acted.user-1");
            assert!(!checked.message.message_id.is_empty());
        }
    }

    #[test]
    fn what_is_wrong_names_its_field() {
        assert_eq!(faults(&event("order.confirmed", serde_json::json!({}))), ["type"]);
        assert_eq!(faults(&event("no.such", serde_json::json!({}))), ["type"]);
        assert_eq!(faults(&event("workout.completed", serde_json::json!({"workout_id": "w1"}))), ["key"]);
        let typo = serde_json::json!({"user_id": "u", "workout_id": "w1", "started_at": "2025-01-01T00:00:00Z", "distanse": 1});
        assert_eq!(faults(&event("workout.completed", typo)), ["data.distanse"]);
        let (started_at, ended_at) = ("2025-01-01T07:00:00Z", "2025-01-01T06:00:00Z");
        let backwards = serde_json::json!({"user_id": "u", "workout_id": "w1", "started_at": started_at, "ended_at": ended_at});
        assert_eq!(faults(&event("workout.completed", backwards)), ["data.ended_at"]);
    }

    #[test]
    fn a_fact_with_a_natural_key_needs_no_message_id() {
        let data = serde_json::json!({"user_id": "u", "workout_id": "w1", "started_at": "2025-01-01T00:00:00Z"});
        let mut workout = event("workout.completed", data);
        let checked = check_one(&testkit::sample::catalogue(), "", 0, &workout).unwrap_or_else(|faults| panic!("{faults:?}"));
        assert_eq!((checked.message.message_id.as_str(), checked.id.as_str()), ("", "w1"));
        workout.id = "mine".to_owned();
        let checked = check_one(&testkit::sample::catalogue(), "", 0, &workout).unwrap_or_else(|faults| panic!("{faults:?}"));
        assert_eq!((checked.message.message_id.as_str(), checked.id.as_str()), ("mine", "mine"));
    }
}
