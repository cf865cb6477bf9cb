//! The two other modes of a consumer, killed at every await and between their two commits: what each may do, and what it never does.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use delivery::{Consumer, Mode};
use messaging::Failure;

use crate::killed::{EVENTS, KEYS, write};
use crate::rig::{Effect, Rig, by_key, eventually, quick};

/// Where position and effect are committed, and the other is not.
const BETWEEN: &str = "mode.between_commits";

crate::rig::both!(
    at_least_once_may_repeat_and_loses_nothing,
    at_most_once_may_lose_and_repeats_nothing,
    at_most_once_a_failed_event_is_a_dead_letter_and_not_tried_again,
    at_most_once_a_dependency_that_is_away_repeats_nothing,
);

fn consumer(mode: Mode, effect: &Effect) -> Consumer {
    Consumer::new("effects").on(effect.clone()).policy(delivery::Policy { mode, ..quick() })
}

/// Kills a sink at each place in turn; answers what was accepted, and what was applied when all had settled.
async fn under_kills(rig: &Rig, mode: Mode) -> (Vec<(String, i64)>, Vec<(String, i64)>) {
    let places =
        store::fault::PLACES.iter().filter(|place| place.starts_with("store.") || place.starts_with("consumer.") || **place == BETWEEN);
    let source = rig.source().await;
    let accepted = Mutex::new(Vec::new());
    let mut from = 0;
    for place in places {
        let sink = rig.mortal("orders", Some(consumer(mode, &Effect::default()))).await;
        let reached = sink.node.store.faults().arm(place, 1);
        let held = tokio::time::timeout(Duration::from_secs(10), reached);
        tokio::pin!(held);
        // A store's commits also come from leases and cursors: events go on until the place is passed.
        loop {
            write(&source, from, &accepted).await;
            from += EVENTS;
            tokio::select! {
                done = &mut held => { done.unwrap_or_else(|_| panic!("{place} was not reached")); break; }
                () = tokio::time::sleep(Duration::from_millis(50)) => {}
            }
        }
        sink.kill();
    }
    let accepted = accepted.into_inner().expect("nobody panicked");
    let sink = rig.sink().await;
    sink.consume(consumer(mode, &Effect::default()));
    // Those come last of their keys, and nobody is killed any more.
    source.restock_all(&KEYS, from..from + 1).await;
    let last = |applied: &[(String, i64)]| KEYS.iter().all(|key| applied.contains(&((*key).to_owned(), from)));
    let applied = eventually(Duration::from_secs(30), async || Some(sink.effects().await).filter(|applied| last(applied))).await;
    assert_eq!(sink.count("SELECT COUNT(*) AS count FROM dead_letters").await, 0);
    sink.stop().await;
    source.stop().await;
    (accepted, applied)
}

async fn at_least_once_may_repeat_and_loses_nothing(rig: Rig) {
    let (accepted, applied) = under_kills(&rig, Mode::AtLeastOnce).await;
    for event in &accepted {
        assert!(applied.contains(event), "lost: {event:?}");
    }
    let mut first: Vec<(String, i64)> = Vec::new();
    for event in &applied {
        if !first.contains(event) {
            first.push(event.clone());
        }
    }
    assert!(first.len() < applied.len(), "killed between its two commits it repeats: else this is another mode");
    for (key, numbers) in by_key(&first) {
        assert!(numbers.is_sorted(), "{key}: {numbers:?}");
    }
}

async fn at_most_once_may_lose_and_repeats_nothing(rig: Rig) {
    let (accepted, applied) = under_kills(&rig, Mode::AtMostOnce).await;
    for (key, numbers) in by_key(&applied) {
        assert!(numbers.is_sorted_by(|a, b| a < b), "{key}: {numbers:?}");
    }
    let lost = accepted.iter().filter(|event| !applied.contains(event)).count();
    assert!(lost > 0, "killed between its two commits it loses: else this is another mode");
    assert!(lost < accepted.len() / 2, "{lost} of {} lost: more than were in hand at the kills", accepted.len());
}

async fn at_most_once_a_failed_event_is_a_dead_letter_and_not_tried_again(rig: Rig) {
    let (source, sink) = (rig.source().await, rig.sink().await);
    let effect = Effect::failing(|event| (event.product_id == "pear").then(|| Failure::retry("not today")));
    sink.consume(consumer(Mode::AtMostOnce, &effect));
    source.restock_all(&["apple", "pear"], 0..1).await;
    eventually(Duration::from_secs(10), async || {
        (sink.count("SELECT COUNT(*) AS count FROM dead_letters WHERE reason = 'exhausted'").await == 1).then_some(())
    })
    .await;
    effect.mend();
    source.restock("apple", 1..2).await;
    let applied = sink.wait_effects(2).await;
    assert_eq!(by_key(&applied), BTreeMap::from([("apple".to_owned(), vec![0, 1])]));
    sink.stop().await;
    source.stop().await;
}

async fn at_most_once_a_dependency_that_is_away_repeats_nothing(rig: Rig) {
    let (source, sink) = (rig.source().await, rig.sink().await);
    let effect = Effect::failing(|event| (event.quantity == 3).then(|| Failure::Unavailable { error: "away".to_owned() }));
    sink.consume(consumer(Mode::AtMostOnce, &effect));
    source.restock("apple", 0..6).await;
    eventually(Duration::from_secs(10), async || {
        (sink.count("SELECT COALESCE(MAX(position), 0) AS count FROM positions").await == 6).then_some(())
    })
    .await;
    source.restock("apple", 6..7).await;
    let applied = eventually(Duration::from_secs(10), async || {
        Some(sink.effects().await).filter(|applied| applied.contains(&("apple".to_owned(), 6)))
    })
    .await;
    let numbers = &by_key(&applied)["apple"];
    assert!(numbers.is_sorted_by(|a, b| a < b) && !numbers.contains(&3), "{numbers:?}");
    sink.stop().await;
    source.stop().await;
}
