//! Events flow once and in order, also over restarts.

use crate::rig::{Effect, Rig, by_key, effects, eventually};
use std::time::Duration;

const KEYS: [&str; 5] = ["apple", "pear", "plum", "fig", "quince"];

crate::rig::both!(
    every_event_takes_effect_once_and_in_order_of_its_key,
    a_restarted_consumer_goes_on_where_it_was,
    a_source_that_was_away_publishes_what_it_had_accepted,
    what_was_committed_before_the_stop_is_published_before_the_end,
);

async fn every_event_takes_effect_once_and_in_order_of_its_key(rig: Rig) {
    let (source, sink) = (rig.source().await, rig.sink().await);
    sink.consume(effects(&Effect::default()));
    for chunk in 0..20 {
        source.restock_all(&KEYS, chunk * 50..(chunk + 1) * 50).await;
    }
    let applied = sink.wait_effects(5000).await;
    assert_eq!(applied.len(), 5000);
    for (key, numbers) in by_key(&applied) {
        assert!(numbers.iter().copied().eq(0..1000), "{key}: {numbers:?}");
    }
    sink.stop().await;
    source.stop().await;
}

async fn a_restarted_consumer_goes_on_where_it_was(rig: Rig) {
    let source = rig.source().await;
    for round in 0..5 {
        let sink = rig.sink().await;
        sink.consume(effects(&Effect::default()));
        source.restock_all(&KEYS, round * 100..(round + 1) * 100).await;
        sink.wait_effects(usize::try_from(round).unwrap() * 500 + 100).await;
        sink.stop().await;
    }
    let sink = rig.sink().await;
    sink.consume(effects(&Effect::default()));
    let applied = sink.wait_effects(2500).await;
    for (key, numbers) in by_key(&applied) {
        assert!(numbers.iter().copied().eq(0..500), "{key}: {numbers:?}");
    }
    sink.stop().await;
    source.stop().await;
}

async fn a_source_that_was_away_publishes_what_it_had_accepted(rig: Rig) {
    let source = rig.source().await;
    rig.nats.kill();
    source.restock("apple", 0..50).await;
    source.stop_at_once();
    rig.nats.restart().await;
    let (source, sink) = (rig.source().await, rig.sink().await);
    sink.consume(effects(&Effect::default()));
    let applied = sink.wait_effects(50).await;
    assert!(applied.iter().map(|(_, n)| *n).eq(0..50));
    eventually(Duration::from_secs(5), async || (source.relay.unpublished() == 0).then_some(())).await;
    sink.stop().await;
    source.stop().await;
}

async fn what_was_committed_before_the_stop_is_published_before_the_end(rig: Rig) {
    for round in 1..=5 {
        let source = rig.source().await;
        source.restock("apple", 0..1).await;
        let relay = source.relay.clone();
        eventually(Duration::from_secs(10), async || (relay.published() > 0).then_some(())).await;
        // Its relay is told to stop at the next moment.
        source.restock_all(&KEYS, 1..2).await;
        source.stop().await;
        assert_eq!(relay.published(), 6, "round {round}");
    }
}
