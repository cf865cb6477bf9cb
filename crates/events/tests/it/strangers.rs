//! What nobody's log holds, on the subjects of those that do.

use testkit::sample::inventory::v1::StockRestocked;
use testkit::{Database, SOON, eventually, raw};

use crate::house::{House, of};

testkit::on_both_databases! {
    garbage_on_an_event_subject_is_one_dead_letter_and_harms_nobody
    what_is_not_good_enough_for_the_door_names_the_field
    bytes_that_no_store_takes_stop_nobody
    ingest_of_a_domain_that_nobody_owns_is_a_dead_letter
    every_stream_is_made_and_one_holds_all_events
}

/// One NUL stopped the shop: the door took it, no store did, and the consumer waited for ever.
async fn bytes_that_no_store_takes_stop_nobody(database: Database) {
    let house = House::on(database).await;
    house.restock("apple", [1]).await;
    house.events(of::<StockRestocked>(), 1).await;
    let url = house.process.nats().url();
    let trace = format!("traceparent: 00-{}\0{}-{}-01\r\n", "a".repeat(15), "a".repeat(16), "b".repeat(16));
    raw::publish(&url, "commands.inventory.restock.apple", trace.as_bytes(), br#"{"quantity":2}"#).await;
    raw::publish(&url, "commands.inventory.restock.apple", b"ce-correlationid: a\0b\r\nNats-Msg-Id: i\0d\r\n", br#"{"quantity":3}"#).await;
    let forged =
        b"ce-id: i\r\nce-type: inventory.restocked\r\nce-source: inventory\r\nce-subject: apple\r\nce-time: 2026-11-30T00:00:00Z\r\n\
        ce-dataschema: sample.inventory.v1.StockRestocked\r\nce-datacontenttype: application/protobuf\r\nce-correlationid: c%00d\r\n\
        ce-aggregatetype: product\r\nce-sequence: 4\r\nce-position: 4\r\n";
    raw::publish(&url, "events.inventory.restocked.apple", forged, b"").await;
    house.restock("apple", [4]).await;
    // Both commands are done, without a trace and under an id of ours, and what came behind them is, too.
    house.events(of::<StockRestocked>(), 4).await;
    let letter = eventually(SOON, || async { house.process.dead_letters("events").await.pop() }).await;
    assert!(letter.reason == "foreign" && letter.error.contains("ce-correlationid is not valid"), "{letter:?}");
    assert!(house.process.dead_letters("inventory").await.is_empty());
}

async fn ingest_of_a_domain_that_nobody_owns_is_a_dead_letter(database: Database) {
    let house = House::on(database).await;
    house.process.publish("ingest.workuot.completed.user-1", r#"{"workout_id":"w1"}"#).await;
    house.process.publish("ingest.zebra.crossed.z1", "{}").await;
    house.process.publish("ingest.user.acted.user-1", r#"{"action":"looked"}"#).await;
    let letters = eventually(SOON, || async {
        let letters = house.process.dead_letters("events").await;
        (letters.len() == 2).then_some(letters)
    });
    let mut errors: Vec<String> =
        letters.await.into_iter().map(|letter| format!("{} {}: {}", letter.consumer, letter.reason, letter.error)).collect();
    errors.sort();
    assert_eq!(
        errors,
        [
            "events-strays unknown_type: domain workuot belongs to no service; did you mean workout.completed?",
            "events-strays unknown_type: domain zebra belongs to no service",
        ]
    );
    assert!(house.process.dead_letters("users").await.is_empty(), "what somebody reads is nobody's stray");
}

async fn garbage_on_an_event_subject_is_one_dead_letter_and_harms_nobody(database: Database) {
    let house = House::on(database).await;
    house.restock("apple", [1]).await;
    house.events(of::<StockRestocked>(), 1).await;
    let publish = async |subject: &str, headers: &[(&str, &str)], body: &[u8]| {
        house.process.publish_with(subject, headers, body.to_vec()).await;
    };
    // On a live key; the second time as a repeat.
    publish("events.inventory.restocked.apple", &[("Nats-Msg-Id", "g1")], b"\xff\x00garbage").await;
    publish("events.inventory.restocked.apple", &[("Nats-Msg-Id", "g1")], b"\xff\x00garbage").await;
    publish("events.order.placed.o1", &[], b"{}").await;
    publish("events.order.no_such_type.o1", &[("ce-type", "x\u{1}y"), ("ce-id", "é")], b"").await;
    publish("events.payment.completed.o1", &[("ce-position", "many")], b"{}").await;
    house.restock("apple", [2]).await;
    house.events(of::<StockRestocked>(), 2).await;
    eventually(SOON, || async { (house.shelf.put("apple") == [1, 2]).then_some(()) }).await;
    let letters = eventually(SOON, || async {
        let letters = house.process.dead_letters("events").await;
        (letters.len() == 4).then_some(letters)
    })
    .await;
    assert!(letters.iter().all(|letter| letter.reason == "foreign" && letter.consumer == "events-log"), "{letters:#?}");
    let named = letters.iter().filter(|letter| letter.error.contains("ingest.<domain>.<event>.<key>")).count();
    assert_eq!(named, 3, "those without a position name the subject to use: {letters:#?}");
    for service in ["inventory", "shipping", "workouts", "users"] {
        assert!(house.process.dead_letters(service).await.is_empty(), "{service}");
    }
    assert_eq!(house.shelf.tries(), 2);
}

async fn what_is_not_good_enough_for_the_door_names_the_field(database: Database) {
    let house = House::on(database).await;
    house.process.publish("ingest.workout.completed.user-1", r#"{"workout_id":"w1"}"#).await;
    house.process.publish("commands.inventory.restock.apple", r#"{"quantity":0}"#).await;
    let letters = eventually(SOON, || async { house.process.dead_letters("workouts").await.pop() }).await;
    assert_eq!((letters.reason.as_str(), letters.type_.as_str(), letters.key.as_str()), ("invalid", "workout.completed", "user-1"));
    assert!(letters.error.contains("started_at"), "{letters:?}");
    let letters = eventually(SOON, || async { house.process.dead_letters("inventory").await.pop() }).await;
    assert_eq!((letters.type_.as_str(), letters.key.as_str()), ("inventory.restock", "apple"));
    assert!(letters.error.contains("quantity"), "{letters:?}");
    assert!(house.process.dead_letters("events").await.is_empty());
}

async fn every_stream_is_made_and_one_holds_all_events(database: Database) {
    let house = House::on(database).await;
    house.restock("apple", 1..=5).await;
    let context = &house.process.running().service("events").expect("events").context;
    let broker = &context.broker;
    for stream in service_host::streams::of(&context.config, &context.catalogue) {
        eventually(SOON, || async { broker.state(&stream.name).await.expect("a broker") }).await;
    }
    eventually(SOON, || async {
        let all = broker.state(messaging::ALL_EVENTS).await.expect("a broker").expect("a stream");
        (all.messages == 5).then_some(())
    })
    .await;
}
