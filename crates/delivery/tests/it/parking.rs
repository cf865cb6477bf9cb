//! A key that fails waits with what is behind it; the others flow on.

use std::time::Duration;

use messaging::Failure;

use crate::rig::{Effect, Rig, by_key, eventually};

crate::rig::both!(
    a_parked_key_does_not_hold_up_others_and_resumes_in_order,
    attempts_survive_a_restart,
    a_consumer_with_too_many_parked_keys_takes_no_more_until_some_are_out_of_the_way,
);

async fn a_parked_key_does_not_hold_up_others_and_resumes_in_order(rig: Rig) {
    let (source, sink) = (rig.source().await, rig.sink().await);
    let effect = Effect::failing(|event| (event.product_id == "pear" && event.quantity == 3).then(|| Failure::retry("not yet")));
    let mut patient = crate::rig::quick();
    patient.attempts = 1000;
    sink.consume(delivery::Consumer::new("effects").on(effect.clone()).policy(patient));
    source.restock_all(&["apple", "pear"], 0..10).await;
    let applied = sink.wait_effects(13).await;
    let keys = by_key(&applied);
    assert_eq!(keys["apple"], (0..10).collect::<Vec<_>>());
    assert_eq!(keys["pear"], vec![0, 1, 2]);
    assert_eq!(sink.count("SELECT COUNT(*) AS count FROM parked").await, 7);
    source.restock_all(&["apple", "pear"], 10..12).await;
    sink.wait_effects(15).await;
    effect.mend();
    let applied = sink.wait_effects(24).await;
    let keys = by_key(&applied);
    assert_eq!(keys["apple"], (0..12).collect::<Vec<_>>());
    assert_eq!(keys["pear"], (0..12).collect::<Vec<_>>());
    eventually(Duration::from_secs(5), async || (sink.count("SELECT COUNT(*) AS count FROM parked").await == 0).then_some(())).await;
    sink.stop().await;
    source.stop().await;
}

async fn attempts_survive_a_restart(rig: Rig) {
    let (source, sink) = (rig.source().await, rig.sink().await);
    let effect = Effect::failing(|_| Some(Failure::retry("never")));
    let slow = delivery::Policy { waits: vec![Duration::from_secs(3600)], ..delivery::Policy::default() };
    sink.consume(delivery::Consumer::new("effects").on(effect.clone()).policy(slow.clone()));
    source.restock("apple", 0..3).await;
    eventually(Duration::from_secs(10), async || (sink.count("SELECT COUNT(*) AS count FROM parked").await == 3).then_some(())).await;
    sink.stop().await;
    let sink = rig.sink().await;
    sink.consume(delivery::Consumer::new("effects").on(effect).policy(slow));
    source.restock("apple", 3..4).await;
    eventually(Duration::from_secs(10), async || (sink.count("SELECT COUNT(*) AS count FROM parked").await == 4).then_some(())).await;
    assert_eq!(sink.count("SELECT MAX(attempts) AS count FROM parked").await, 1);
    sink.stop().await;
    source.stop().await;
}

async fn a_consumer_with_too_many_parked_keys_takes_no_more_until_some_are_out_of_the_way(rig: Rig) {
    let (source, sink) = (rig.source().await, rig.sink().await);
    let effect = Effect::failing(|event| event.product_id.starts_with("bad").then(|| Failure::retry("not yet")));
    let few = delivery::Policy { parked_limit: 2, attempts: 1000, ..crate::rig::quick() };
    sink.consume(delivery::Consumer::new("effects").on(effect.clone()).policy(few));
    for (parked, key) in [(1, "bad-1"), (2, "bad-2")] {
        source.restock(key, 0..1).await;
        eventually(Duration::from_secs(10), async || (sink.count("SELECT COUNT(*) AS count FROM parked").await == parked).then_some(()))
            .await;
    }
    source.restock_all(&["good", "bad-3"], 0..5).await;
    // It has been tried again many times meanwhile, and took nothing new.
    eventually(Duration::from_secs(10), async || (sink.count("SELECT MAX(attempts) AS count FROM parked").await > 5).then_some(())).await;
    assert_eq!(sink.effects().await, []);
    effect.mend();
    let applied = by_key(&sink.wait_effects(12).await);
    assert_eq!(applied["good"], [0, 1, 2, 3, 4]);
    assert_eq!(applied["bad-3"], [0, 1, 2, 3, 4]);
    sink.stop().await;
    source.stop().await;
}
