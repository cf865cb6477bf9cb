//! Killed at every await of publish, ack and commit, one by one: what was accepted takes effect once and in order.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::rig::{Effect, Node, Rig, by_key, effects};

pub const KEYS: [&str; 3] = ["apple", "pear", "plum"];
pub const EVENTS: i64 = 24;

crate::rig::both!(a_source_killed_anywhere_loses_and_doubles_nothing, a_sink_killed_anywhere_loses_and_doubles_nothing);

async fn a_source_killed_anywhere_loses_and_doubles_nothing(rig: Rig) {
    let places = store::fault::PLACES.iter().filter(|place| place.starts_with("store.") || place.starts_with("relay."));
    let sink = rig.sink().await;
    sink.consume(effects(&Effect::default()));
    let accepted = Arc::new(Mutex::new(Vec::new()));
    let next = Arc::new(AtomicI64::new(0));
    for place in places {
        for passes in [0, 3] {
            let source = rig.mortal("inventory", None).await;
            if place.ends_with("_number") && source.node.store.dialect() == store::Dialect::Sqlite {
                source.kill();
                continue;
            }
            let reached = source.node.store.faults().arm(place, passes);
            let (writing, noted, next) = (source.node.clone(), accepted.clone(), next.clone());
            source.spawn(async move {
                loop {
                    write(&writing, next.fetch_add(EVENTS, Ordering::SeqCst), &noted).await;
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            });
            // A relay that was killed keeps its lease for five seconds.
            tokio::time::timeout(Duration::from_secs(15), reached).await.unwrap_or_else(|_| panic!("{place} was not reached"));
            source.kill();
        }
    }
    let source = rig.source().await;
    write(&source, next.fetch_add(EVENTS, Ordering::SeqCst), &accepted).await;
    let accepted = accepted.lock().unwrap().clone();
    assert!(accepted.len() > 100, "{}", accepted.len());
    settled(&sink, &accepted).await;
    sink.stop().await;
    source.stop().await;
}

async fn a_sink_killed_anywhere_loses_and_doubles_nothing(rig: Rig) {
    let places = store::fault::PLACES.iter().filter(|place| place.starts_with("store.") || place.starts_with("consumer."));
    let source = rig.source().await;
    let accepted = Arc::new(Mutex::new(Vec::new()));
    let mut from = 0;
    for place in places {
        for passes in [0, 1] {
            let sink = rig.mortal("orders", Some(effects(&Effect::default()))).await;
            let reached = sink.node.store.faults().arm(place, passes);
            let held = tokio::time::timeout(Duration::from_secs(10), reached);
            tokio::pin!(held);
            let mut left = 200;
            // A store's commits also come from leases and cursors: events go on until the place is passed.
            loop {
                write(&source, from, &accepted).await;
                from += EVENTS;
                left -= 1;
                assert!(left > 0, "{place} was not reached");
                tokio::select! {
                    done = &mut held => { done.unwrap_or_else(|_| panic!("{place} was not reached")); break; }
                    () = tokio::time::sleep(Duration::from_millis(50)) => {}
                }
            }
            sink.kill();
        }
    }
    let sink = rig.sink().await;
    sink.consume(effects(&Effect::default()));
    let accepted = accepted.lock().unwrap().clone();
    settled(&sink, &accepted).await;
    sink.stop().await;
    source.stop().await;
}

/// Writes one event at a time and notes those that were answered.
pub async fn write(source: &Node, from: i64, accepted: &Mutex<Vec<(String, i64)>>) {
    for n in from..from + EVENTS {
        let key = KEYS[usize::try_from(n).unwrap() % KEYS.len()];
        source.restock(key, n..n + 1).await;
        accepted.lock().unwrap().push((key.to_owned(), n));
    }
}

/// All that was accepted, nothing twice, in order; what was not answered may be there or not.
async fn settled(sink: &Node, accepted: &[(String, i64)]) {
    let last = accepted.last().expect("accepted");
    crate::rig::eventually(Duration::from_secs(30), async || {
        let applied = sink.effects().await;
        accepted.iter().all(|event| applied.contains(event)).then_some(())
    })
    .await;
    let applied = sink.effects().await;
    assert!(applied.contains(last));
    for (key, numbers) in by_key(&applied) {
        assert!(numbers.is_sorted_by(|a, b| a < b), "{key}: {numbers:?}");
    }
}
