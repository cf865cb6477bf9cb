//! `PublishEvents`: facts from outside, all or nothing.

use std::collections::BTreeMap;

use catalogue::Contract as _;
use catalogue::events::v1::{Event, NewEvent, PublishEventsRequest, PublishEventsResponse};
use prost_types::value::Kind;
use prost_types::{Struct, Value};
use testkit::Database;
use testkit::sample::users::v1::UserActed;
use testkit::sample::workouts::v1::WorkoutCompleted;
use tonic::{Code, Status};

use crate::house::{House, fields, in_conversation, of};

testkit::on_both_databases! {
    a_list_is_published_and_counted
    one_that_is_wrong_keeps_all_of_them_out
    a_repeat_is_no_second_event
    events_of_one_key_keep_the_order_of_the_list
    what_was_accepted_outlives_a_broker_that_is_down
}

fn data(fields: &[(&str, &str)]) -> Option<Struct> {
    let field = |(name, text): &(&str, &str)| ((*name).to_owned(), Value { kind: Some(Kind::StringValue((*text).to_owned())) });
    Some(Struct { fields: fields.iter().map(field).collect::<BTreeMap<_, _>>() })
}

fn workout(user: &str, id: &str) -> NewEvent {
    let data = data(&[("user_id", user), ("workout_id", id), ("started_at", "2025-05-01T08:00:00Z")]);
    NewEvent { r#type: "workout.completed".to_owned(), data, ..NewEvent::default() }
}

fn acted(user: &str, action: &str) -> NewEvent {
    NewEvent { r#type: "user.action".to_owned(), key: user.to_owned(), data: data(&[("action", action)]), ..NewEvent::default() }
}

async fn publish(house: &House, events: Vec<NewEvent>, request_id: Option<&str>) -> Result<PublishEventsResponse, Status> {
    let request = PublishEventsRequest { events, request_id: request_id.map(str::to_owned) };
    Ok(house.client().publish_events(in_conversation(request, "by-list")).await?.into_inner())
}

/// A text field of an event's data.
fn text<'a>(event: &'a Event, field: &str) -> &'a str {
    match event.data.as_ref().and_then(|data| data.fields[field].kind.as_ref()) {
        Some(Kind::StringValue(text)) => text,
        other => panic!("{field}: {other:?}"),
    }
}

async fn a_list_is_published_and_counted(database: Database) {
    let house = House::on(database).await;
    let list = vec![workout("user-1", "w1"), workout("user-2", "w2"), acted("user-1", "looked")];
    let answer = publish(&house, list, None).await.unwrap();
    assert_eq!((answer.count, answer.ids.len(), answer.ids[0].as_str()), (3, 3, "w1"));
    let workouts = house.events(of::<WorkoutCompleted>(), 2).await;
    assert!(workouts.iter().all(|event| event.source == "workouts" && event.correlation_id == "by-list" && event.sequence == 1));
    let acts = house.events(of::<UserActed>(), 1).await;
    assert_eq!((acts[0].r#type.as_str(), acts[0].key.as_str(), acts[0].schema.as_str()), (UserActed::TYPE, "user-1", UserActed::SCHEMA));
}

async fn one_that_is_wrong_keeps_all_of_them_out(database: Database) {
    let house = House::on(database).await;
    let confirmed = NewEvent { r#type: "order.confirmed".to_owned(), data: data(&[("order_id", "o1")]), ..NewEvent::default() };
    let unfinished = NewEvent { data: data(&[("user_id", "u"), ("workout_id", "w9")]), ..workout("u", "w9") };
    let list = vec![acted("user-1", "first"), confirmed, unfinished];
    let refused = publish(&house, list, None).await.unwrap_err();
    assert_eq!(fields(&refused), ["events[1].type", "events[2].data.started_at"]);
    // What comes later is there, and what was in the list is not.
    publish(&house, vec![acted("user-1", "later")], None).await.unwrap();
    let acts = house.events(of::<UserActed>(), 1).await;
    assert_eq!(text(&acts[0], "action"), "later");
    assert!(house.process.dead_letters("users").await.is_empty());
}

async fn a_repeat_is_no_second_event(database: Database) {
    let house = House::on(database).await;
    // By the type's natural key, also when it came in by another way.
    let body = r#"{"workout_id":"w1","started_at":"2025-05-01T08:00:00Z"}"#;
    house.process.publish("ingest.workout.completed.user-1", body).await;
    house.events(of::<WorkoutCompleted>(), 1).await;
    publish(&house, vec![workout("user-1", "w1"), workout("user-1", "w1")], None).await.unwrap();
    // By an id of the caller's.
    let named = || NewEvent { id: "act-1".to_owned(), ..acted("user-1", "named") };
    publish(&house, vec![named()], None).await.unwrap();
    publish(&house, vec![named()], None).await.unwrap();
    // By the request's id: the first answer again, and nothing done.
    let first = publish(&house, vec![acted("user-1", "asked")], Some("request-1")).await.unwrap();
    let again = publish(&house, vec![acted("user-1", "asked")], Some("request-1")).await.unwrap();
    assert_eq!(first, again);
    let other = publish(&house, vec![acted("user-1", "else")], Some("request-1")).await.unwrap_err();
    assert_eq!(other.code(), Code::AlreadyExists);
    publish(&house, vec![workout("user-1", "w2"), acted("user-1", "last")], None).await.unwrap();
    let workouts = house.events(of::<WorkoutCompleted>(), 2).await;
    assert_eq!(workouts.iter().map(|event| text(event, "workout_id")).collect::<Vec<_>>(), ["w2", "w1"]);
    let acts = house.events(of::<UserActed>(), 3).await;
    assert_eq!(acts.iter().map(|event| text(event, "action")).collect::<Vec<_>>(), ["last", "asked", "named"]);
}

async fn events_of_one_key_keep_the_order_of_the_list(database: Database) {
    let house = House::on(database).await;
    let list: Vec<NewEvent> = (0..300).map(|at| acted(&format!("user-{}", at % 3), &format!("step-{at}"))).collect();
    assert_eq!(publish(&house, list, None).await.unwrap().count, 300);
    let acts = house.events(of::<UserActed>(), 300).await;
    for user in 0..3 {
        let key = format!("user-{user}");
        let steps: Vec<&str> = acts.iter().rev().filter(|event| event.key == key).map(|event| text(event, "action")).collect();
        let expected: Vec<String> = (0..300).filter(|at| at % 3 == user).map(|at| format!("step-{at}")).collect();
        assert_eq!(steps, expected);
    }
}

async fn what_was_accepted_outlives_a_broker_that_is_down(database: Database) {
    let mut house = House::on(database).await;
    publish(&house, vec![acted("user-1", "before")], None).await.unwrap();
    house.events(of::<UserActed>(), 1).await;
    house.process.nats().kill();
    let list = (0..20).map(|at| acted("user-1", &format!("step-{at}"))).collect();
    assert_eq!(publish(&house, list, None).await.unwrap().count, 20);
    house.process.nats().restart().await;
    // And the process that accepted it ends before it is published, or while it is.
    house.process.restart().await;
    let acts = house.events(of::<UserActed>(), 21).await;
    let steps: Vec<String> = acts.iter().rev().skip(1).map(|event| text(event, "action").to_owned()).collect();
    assert_eq!(steps, (0..20).map(|at| format!("step-{at}")).collect::<Vec<_>>());
}
