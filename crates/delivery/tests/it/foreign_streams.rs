//! Streams that others write: the same loop with ids in place of positions.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_nats::HeaderMap;
use async_nats::jetstream::{self, stream};
use delivery::{Consumer, EnvelopeHandler, ForeignSource, Policy};
use messaging::{Done, Envelope, Failure, Outcome};
use store::{StoreError, Work, params};

use crate::desk::{Desk, open_letters, redrive};
use crate::rig::{Node, Rig, by_key, eventually, quick};

crate::rig::both!(
    what_others_write_takes_effect_once_and_in_the_order_of_its_key,
    a_repeat_under_its_id_changes_nothing,
    a_sink_killed_anywhere_loses_and_doubles_nothing,
    a_deleted_durable_and_a_lost_cursor_change_nothing,
    a_stream_that_was_made_anew_is_read_from_its_beginning,
    a_key_that_fails_waits_and_is_redriven_from_its_own_row,
    a_stop_while_nothing_can_be_done_loses_nothing,
);

/// Writes each reading down; fails for those that it is told to.
#[derive(Clone, Default)]
struct Readings {
    failing: Arc<AtomicBool>,
    fails: Option<fn(&Envelope) -> Option<Failure>>,
}

impl Readings {
    fn failing(fails: fn(&Envelope) -> Option<Failure>) -> Self {
        Self { failing: Arc::new(AtomicBool::new(true)), fails: Some(fails) }
    }

    fn consumer(&self) -> Consumer {
        let source = ForeignSource::stream("SENSORS").key_at(1);
        Consumer::new("readings").on_foreign(source, self.clone()).policy(Policy { attempts: 2, ..quick() })
    }
}

impl EnvelopeHandler for Readings {
    async fn handle(&self, batch: &[Arc<Envelope>], work: &mut Work) -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        for envelope in batch {
            outcomes.push(self.one(envelope, work).await);
        }
        outcomes
    }
}

impl Readings {
    async fn one(&self, envelope: &Envelope, work: &mut Work) -> Outcome {
        let n: i64 =
            std::str::from_utf8(&envelope.payload).ok().and_then(|text| text.parse().ok()).ok_or_else(|| Failure::dead("no number"))?;
        let sql = "INSERT INTO effects (arrival, event_id, key, n) SELECT COALESCE(MAX(arrival), 0) + 1, $1, $2, $3 FROM effects";
        work.execute(sql, params![&envelope.id, &envelope.key, n]).await?;
        if self.failing.load(Ordering::SeqCst)
            && let Some(failure) = self.fails.and_then(|fails| fails(envelope))
        {
            return Err(failure);
        }
        Ok(Done)
    }
}

/// Somebody else's stream.
struct Sensors {
    js: jetstream::Context,
}

impl Sensors {
    async fn start(rig: &Rig) -> Self {
        let js = jetstream::new(async_nats::connect(rig.nats.url()).await.expect("a client"));
        let sensors = Self { js };
        sensors.make().await;
        sensors
    }

    async fn make(&self) {
        let config = stream::Config { name: "SENSORS".to_owned(), subjects: vec!["sensors.*.*".to_owned()], ..stream::Config::default() };
        self.js.create_stream(config).await.expect("a stream");
    }

    async fn read(&self, key: &str, numbers: std::ops::Range<i64>) {
        for n in numbers {
            self.say(key, n, HeaderMap::new()).await;
        }
    }

    async fn say(&self, key: &str, n: i64, headers: HeaderMap) {
        let subject = format!("sensors.{key}.temperature");
        self.js.publish_with_headers(subject, headers, n.to_string().into()).await.expect("sent").await.expect("stored");
    }
}

const KEYS: [&str; 3] = ["hall-1", "hall-2", "hall-3"];

async fn what_others_write_takes_effect_once_and_in_the_order_of_its_key(rig: Rig) {
    let sensors = Sensors::start(&rig).await;
    let sink = rig.sink().await;
    sink.consume(Readings::default().consumer());
    for key in KEYS {
        sensors.read(key, 0..50).await;
    }
    sink.wait_effects(150).await;
    sink.stop().await;
    for key in KEYS {
        sensors.read(key, 50..60).await;
    }
    let sink = rig.sink().await;
    sink.consume(Readings::default().consumer());
    let applied = sink.wait_effects(180).await;
    in_order(&applied, 60);
    assert_eq!(sink.count("SELECT COUNT(*) AS count FROM inbox").await, 180);
    sink.stop().await;
}

fn in_order(applied: &[(String, i64)], each: i64) {
    let keys = by_key(applied);
    assert_eq!(keys.len(), KEYS.len());
    for (key, numbers) in keys {
        assert!(numbers.iter().copied().eq(0..each), "{key}: {numbers:?}");
    }
}

async fn a_repeat_under_its_id_changes_nothing(rig: Rig) {
    let sensors = Sensors::start(&rig).await;
    let sink = rig.sink().await;
    sink.consume(Readings::default().consumer());
    let named = |name: &str, id: &str| {
        let mut headers = HeaderMap::new();
        headers.insert(name, id);
        headers
    };
    // In one batch, in another, and after a restart.
    for n in [0, 1] {
        sensors.say("hall-1", n, named("ce-id", "reading-1")).await;
    }
    sensors.say("hall-1", 2, named("ce-id", "reading-2")).await;
    sink.wait_effects(2).await;
    sensors.say("hall-1", 3, named("ce-id", "reading-1")).await;
    sink.stop().await;
    let sink = rig.sink().await;
    sink.consume(Readings::default().consumer());
    sensors.say("hall-1", 4, named("ce-id", "reading-2")).await;
    // Another publisher may count alike.
    let mut another = named("ce-id", "reading-1");
    another.insert("ce-source", "cellar");
    sensors.say("hall-1", 5, another).await;
    let applied = sink.wait_effects(3).await;
    assert_eq!(by_key(&applied)["hall-1"], [0, 2, 5]);
    sink.stop().await;
}

async fn a_sink_killed_anywhere_loses_and_doubles_nothing(rig: Rig) {
    let sensors = Sensors::start(&rig).await;
    let places = store::fault::PLACES.iter().filter(|place| place.starts_with("store.") || place.starts_with("consumer."));
    let mut said = 0;
    for place in places {
        let sink = rig.mortal("orders", Some(Readings::default().consumer())).await;
        let reached = sink.node.store.faults().arm(place, 1);
        let held = tokio::time::timeout(Duration::from_secs(10), reached);
        tokio::pin!(held);
        loop {
            for key in KEYS {
                sensors.read(key, said..said + 5).await;
            }
            said += 5;
            tokio::select! {
                done = &mut held => { done.unwrap_or_else(|_| panic!("{place} was not reached")); break; }
                () = tokio::time::sleep(Duration::from_millis(50)) => {}
            }
        }
        sink.kill();
    }
    let sink = rig.sink().await;
    sink.consume(Readings::default().consumer());
    let applied = sink.wait_effects(usize::try_from(said).expect("few") * KEYS.len()).await;
    in_order(&applied, said);
    sink.stop().await;
}

async fn a_deleted_durable_and_a_lost_cursor_change_nothing(rig: Rig) {
    let sensors = Sensors::start(&rig).await;
    let sink = rig.sink().await;
    sink.consume(Readings::default().consumer());
    for key in KEYS {
        sensors.read(key, 0..10).await;
    }
    sink.wait_effects(30).await;
    sensors.js.get_stream("SENSORS").await.expect("a stream").delete_consumer("orders-readings").await.expect("deleted");
    for key in KEYS {
        sensors.read(key, 10..20).await;
    }
    sink.wait_effects(60).await;
    sink.stop().await;
    let sink = rig.sink().await;
    let forget =
        sink.store.write::<_, store::StoreError, _>(|work| Box::pin(async { work.execute("DELETE FROM cursors", params![]).await }));
    forget.await.expect("forgotten");
    sink.consume(Readings::default().consumer());
    for key in KEYS {
        sensors.read(key, 20..21).await;
    }
    in_order(&sink.wait_effects(63).await, 21);
    sink.stop().await;
}

async fn a_stream_that_was_made_anew_is_read_from_its_beginning(rig: Rig) {
    let sensors = Sensors::start(&rig).await;
    let sink = rig.sink().await;
    sink.consume(Readings::default().consumer());
    sensors.read("hall-1", 0..10).await;
    sink.wait_effects(10).await;
    sensors.js.delete_stream("SENSORS").await.expect("deleted");
    sensors.make().await;
    // The same sequences, given again.
    sensors.read("hall-1", 10..15).await;
    let applied = sink.wait_effects(15).await;
    assert!(applied.iter().map(|(_, n)| *n).eq(0..15), "{applied:?}");
    sink.stop().await;
}

async fn a_key_that_fails_waits_and_is_redriven_from_its_own_row(rig: Rig) {
    let sensors = Sensors::start(&rig).await;
    let sink = rig.sink().await;
    let readings = Readings::failing(|envelope| (envelope.key == "hall-2" && envelope.payload == "3").then(|| Failure::retry("too hot")));
    let handle = sink.consume(readings.consumer());
    let desk = Desk::open(&sink, &[handle]).await;
    for key in KEYS {
        sensors.read(key, 0..10).await;
    }
    let letters = open_letters(&sink, 1).await;
    let applied = by_key(&sink.wait_effects(23).await);
    assert_eq!((applied["hall-1"].len(), applied["hall-2"].as_slice(), applied["hall-3"].len()), (10, [0, 1, 2].as_slice(), 10));
    let row = sink.store.row("SELECT payload, subject, key, history FROM dead_letters", params![]).await.expect("read").expect("a letter");
    assert_eq!(row.get::<Vec<u8>>("payload").expect("a payload"), b"3");
    assert_eq!(row.get::<String>("subject").expect("a subject"), "sensors.hall-2.temperature");
    assert_eq!(row.get::<String>("history").expect("a history").matches("too hot").count(), 2);
    drop(desk);
    sink.stop().await;

    let sink = rig.sink().await;
    // What waits behind it leaves under the ids that it was parked under, also if ids are made otherwise by now.
    let sql = "UPDATE parked SET event_id = 'kept-' || event_id WHERE state = 'waiting'";
    let renamed = sink.store.write::<_, StoreError, _>(move |work| Box::pin(async move { work.execute(sql, params![]).await }));
    assert_eq!(renamed.await.expect("renamed"), 6);
    let handle = sink.consume(Readings::default().consumer());
    let _desk = Desk::open(&sink, &[handle]).await;
    sensors.read("hall-2", 10..11).await;
    assert_eq!(redrive(&sink, &letters).await, [""]);
    let applied = by_key(&sink.wait_effects(31).await);
    assert!(applied["hall-2"].iter().copied().eq(0..11), "{applied:?}");
    assert_eq!(sink.count("SELECT COUNT(*) AS count FROM parked").await, 0);
    sink.stop().await;
}

async fn a_stop_while_nothing_can_be_done_loses_nothing(rig: Rig) {
    let sensors = Sensors::start(&rig).await;
    let sink = rig.sink().await;
    let handle = sink.consume(Readings::failing(|_| Some(Failure::Unavailable { error: "away".to_owned() })).consumer());
    sensors.read("hall-1", 0..10).await;
    eventually(Duration::from_secs(10), async || handle.state.is_paused().then_some(())).await;
    sink.stop().await;
    let sink = rig.sink().await;
    sink.consume(Readings::default().consumer());
    let applied = sink.wait_effects(10).await;
    assert!(applied.iter().map(|(_, n)| *n).eq(0..10), "{applied:?}");
    sink.stop().await;
}

/// Each member reads all of the stream and takes what is in its partitions.
#[tokio::test(flavor = "multi_thread")]
async fn three_members_share_a_foreign_stream_and_none_handles_anything_twice() {
    let Some(rig) = Rig::on_postgres().await else { return };
    let sensors = Sensors::start(&rig).await;
    let members: [Node; 3] = [rig.member().await, rig.member().await, rig.member().await];
    let handles: Vec<_> = members.iter().map(|member| member.consume(Readings::default().consumer())).collect();
    let keys: Vec<String> = (0..30).map(|n| format!("hall-{n}")).collect();
    let mut said = 0;
    // Until the shares are out and each has done something.
    eventually(Duration::from_secs(30), async || {
        for key in &keys {
            sensors.read(key, said..said + 2).await;
        }
        said += 2;
        (handles.iter().filter(|handle| handle.state.handled() > 0).count() > 1).then_some(())
    })
    .await;
    let applied = members[0].wait_effects(keys.len() * usize::try_from(said).expect("few")).await;
    for (key, numbers) in by_key(&applied) {
        assert!(numbers.iter().copied().eq(0..said), "{key}: {numbers:?}");
    }
    for member in members {
        member.stop().await;
    }
}
