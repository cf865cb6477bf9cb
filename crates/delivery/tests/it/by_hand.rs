//! What comes by hand goes through the door.

use std::collections::HashMap;
use std::time::Duration;

use delivery::Consumer;
use delivery::door::Door;
use prost::Message as _;
use testkit::sample::users::v1::UserActed;

use crate::rig::{Node, Rig, eventually};

crate::rig::both!(
    the_same_hand_published_workout_twice_counts_once,
    a_fact_of_a_service_is_refused_at_the_door,
    what_does_not_fit_names_the_field,
    what_grows_too_long_as_protobuf_is_refused_and_holds_nobody_up,
    a_protobuf_body_with_a_field_that_nobody_knows_is_refused,
);

async fn workouts(rig: &Rig) -> Node {
    let node = Node::start(&rig.nats.url(), &rig.place(), "workouts").await;
    open(&node, "workouts");
    node
}

fn open(node: &Node, service: &str) {
    let door = Door::new(service, &testkit::sample::catalogue());
    let filters = HashMap::from([(messaging::INGEST.to_owned(), door.subjects())]);
    node.consume_with(Consumer::reading("door", messaging::INGEST), Some(door), filters);
}

async fn publish(rig: &Rig, subject: &str, body: &str) {
    let js = async_nats::jetstream::new(async_nats::connect(rig.nats.url()).await.unwrap());
    eventually(Duration::from_secs(10), async || js.publish(subject.to_owned(), body.to_owned().into()).await.ok()?.await.ok()).await;
}

const WORKOUT: &str = r#"{"workout_id":"w1","started_at":"2026-11-20T06:30:00Z","duration_s":1800,"distance_m":5000,"calories_kcal":320}"#;

async fn the_same_hand_published_workout_twice_counts_once(rig: Rig) {
    let node = workouts(&rig).await;
    publish(&rig, "ingest.workout.completed.user-1", WORKOUT).await;
    publish(&rig, "ingest.workout.completed.user-1", WORKOUT).await;
    publish(&rig, "ingest.workout.completed.user-1", &WORKOUT.replace("w1", "w2")).await;
    eventually(Duration::from_secs(10), async || (node.count(ADOPTED).await == 2).then_some(())).await;
    assert_eq!(node.count("SELECT COUNT(*) AS count FROM dead_letters").await, 0);
    let row = node.store.row("SELECT key, aggregate_type, version FROM events WHERE version = 2", Vec::new()).await.unwrap().unwrap();
    assert_eq!(row.get::<String>("key").unwrap(), "user-1");
    assert_eq!(row.get::<String>("aggregate_type").unwrap(), "user");
    node.stop().await;
}

const ADOPTED: &str = "SELECT COUNT(*) AS count FROM events WHERE type = 'workout.completed'";

async fn a_fact_of_a_service_is_refused_at_the_door(rig: Rig) {
    let node = Node::start(&rig.nats.url(), &rig.place(), "payments").await;
    open(&node, "payments");
    publish(&rig, "ingest.payment.completed.order-1", r#"{"payment_id":"p1","amount":{"minor_units":1,"currency":"CNY"}}"#).await;
    let error = refused(&node).await;
    assert!(error.contains("payment.completed is not open to publishing by hand"), "{error}");
    assert_eq!(node.count("SELECT COUNT(*) AS count FROM events WHERE type = 'payment.completed'").await, 0);
    node.stop().await;
}

async fn what_does_not_fit_names_the_field(rig: Rig) {
    let node = workouts(&rig).await;
    publish(&rig, "ingest.workout.completed.user-1", r#"{"workout_id":"w1","duration_s":1800}"#).await;
    let error = refused(&node).await;
    assert!(error.contains("started_at"), "{error}");
    assert_eq!(node.count(ADOPTED).await, 0);
    node.stop().await;
}

/// Two bytes of JSON for a number become eleven of Protobuf: more than the broker takes.
async fn what_grows_too_long_as_protobuf_is_refused_and_holds_nobody_up(rig: Rig) {
    let node = Node::start(&rig.nats.url(), &rig.place(), "users").await;
    open(&node, "users");
    let zeros = vec!["0"; 100_000].join(",");
    publish(&rig, "ingest.user.acted.user-1", &format!(r#"{{"action":"looked","properties":{{"at":[{zeros}]}}}}"#)).await;
    let error = refused(&node).await;
    assert!(error.starts_with("body: ") && error.contains("bytes as Protobuf"), "{error}");
    publish(&rig, "ingest.user.acted.user-1", r#"{"action":"looked"}"#).await;
    let published = "SELECT COUNT(*) AS count FROM events WHERE type = 'user.acted'";
    eventually(Duration::from_secs(10), async || (node.count(published).await == 1).then_some(())).await;
    eventually(Duration::from_secs(10), async || (node.relay.published() >= 2 && node.relay.unpublished() == 0).then_some(())).await;
    node.stop().await;
}

async fn a_protobuf_body_with_a_field_that_nobody_knows_is_refused(rig: Rig) {
    let node = Node::start(&rig.nats.url(), &rig.place(), "users").await;
    open(&node, "users");
    let properties = prost_types::Struct { fields: [("at".to_owned(), prost_types::Value::default())].into() };
    let acted = UserActed { user_id: "user-1".to_owned(), action: "looked".to_owned(), properties: Some(properties), ..Default::default() };
    let js = async_nats::jetstream::new(async_nats::connect(rig.nats.url()).await.unwrap());
    // Field 99, a number.
    for tail in [&[][..], &[0x98, 0x06, 0x01][..]] {
        let body = [acted.encode_to_vec().as_slice(), tail].concat();
        let mut headers = async_nats::HeaderMap::new();
        headers.insert("content-type", messaging::PROTOBUF);
        let publish = async || {
            let subject = "ingest.user.acted.user-1".to_owned();
            js.publish_with_headers(subject, headers.clone(), body.clone().into()).await.ok()?.await.ok()
        };
        eventually(Duration::from_secs(10), publish).await;
    }
    let error = refused(&node).await;
    assert!(error.contains("has a field 99 that is not known"), "{error}");
    let adopted = "SELECT COUNT(*) AS count FROM events WHERE type = 'user.acted'";
    eventually(Duration::from_secs(10), async || (node.count(adopted).await == 1).then_some(())).await;
    node.stop().await;
}

async fn refused(node: &Node) -> String {
    eventually(Duration::from_secs(10), async || {
        let row = node.store.row("SELECT error FROM dead_letters WHERE reason = 'invalid'", Vec::new()).await.unwrap()?;
        row.get("error").ok()
    })
    .await
}
