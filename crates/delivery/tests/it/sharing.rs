//! Several processes serve one service: each key is one process's, and a process that dies is replaced.

use std::time::Duration;

use futures::TryStreamExt as _;
use messaging::Failure;

use crate::desk::{Desk, open_letters, redrive};
use crate::rig::{Effect, Rig, by_key, effects, eventually};

const KEYS: [&str; 30] = [
    "a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8", "a9", "b0", "b1", "b2", "b3", "b4", "b5", "b6", "b7", "b8", "b9", "c0", "c1",
    "c2", "c3", "c4", "c5", "c6", "c7", "c8", "c9",
];

#[tokio::test(flavor = "multi_thread")]
async fn three_members_share_3000_events_and_none_is_handled_twice() {
    let Some(rig) = Rig::on_postgres().await else { return };
    let source = rig.source().await;
    let members = [rig.member().await, rig.member().await, rig.member().await];
    let handles: Vec<_> = members.iter().map(|member| member.consume(effects(&Effect::default()))).collect();
    for chunk in 0..10 {
        source.restock_all(&KEYS, chunk * 10..(chunk + 1) * 10).await;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    members[0].wait_effects(3000).await;
    // Time for somebody to do something twice.
    eventually(Duration::from_secs(20), async || (handles.iter().map(|handle| handle.state.handled()).sum::<u64>() >= 3000).then_some(()))
        .await;
    let applied = members[0].effects().await;
    assert_eq!(applied.len(), 3000);
    for (key, numbers) in by_key(&applied) {
        assert!(numbers.iter().copied().eq(0..100), "{key}: {numbers:?}");
    }
    assert!(handles.iter().filter(|handle| handle.state.handled() > 0).count() > 1, "one did it all");
    // Shares change hands: what nobody reads from any more goes by itself.
    let js = async_nats::jetstream::new(async_nats::connect(rig.nats.url()).await.unwrap());
    let durables = js.get_stream("EVENTS_INVENTORY").await.unwrap().consumers().try_collect::<Vec<_>>().await.unwrap();
    let shared: Vec<_> = durables.iter().filter(|durable| durable.name.contains("-p")).collect();
    assert!(
        !shared.is_empty() && shared.iter().all(|durable| durable.config.inactive_threshold == Duration::from_secs(3600)),
        "{shared:?}"
    );
    for member in members {
        member.stop().await;
    }
    source.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_that_dies_hands_its_keys_over_within_seconds() {
    let Some(rig) = Rig::on_postgres().await else { return };
    let source = rig.source().await;
    let first = rig.mortal("orders", Some(effects(&Effect::default()))).await;
    let gone = first.handle.clone().expect("consumer");
    let second = rig.member().await;
    let left = second.consume(effects(&Effect::default()));
    source.restock_all(&KEYS, 0..5).await;
    second.wait_effects(150).await;
    eventually(Duration::from_secs(15), async || {
        source.restock_all(&KEYS, 5..6).await;
        (gone.state.handled() > 0 && left.state.handled() > 0).then_some(())
    })
    .await;
    first.kill();
    let before = second.effects().await.len();
    source.restock_all(&KEYS, 100..105).await;
    let written = usize::try_from(source.count("SELECT COUNT(*) AS count FROM events WHERE type = 'inventory.restocked'").await).unwrap();
    assert!(written > before);
    let applied = second.wait_effects(written).await;
    for (key, numbers) in by_key(&applied) {
        assert!(numbers.is_sorted(), "{key}: {numbers:?}");
        assert_eq!(numbers[numbers.len() - 5..], [100, 101, 102, 103, 104], "{key}");
    }
    second.stop().await;
    source.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn three_consumers_get_all_3000_each() {
    let rig = Rig::start().await;
    let (source, sink) = (rig.source().await, rig.sink().await);
    let handles =
        ["one", "two", "three"].map(|name| sink.consume(delivery::Consumer::new(name).on(Effect::default()).policy(crate::rig::quick())));
    source.restock_all(&KEYS, 0..100).await;
    sink.wait_effects(9000).await;
    eventually(Duration::from_secs(5), async || handles.iter().all(|handle| handle.state.handled() == 3000).then_some(())).await;
    sink.stop().await;
    source.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_process_redrives_another_tries_again_however_busy_it_is() {
    let Some(rig) = Rig::on_postgres().await else { return };
    let source = rig.source().await;
    let members = [rig.member().await, rig.member().await];
    let effect = Effect::failing(|event| (event.quantity == 0).then(|| Failure::dead("not this one")));
    let handles: Vec<_> = members.iter().map(|member| member.consume(effects(&effect))).collect();
    source.restock_all(&KEYS, 0..1).await;
    let letters = open_letters(&members[0], KEYS.len()).await;
    effect.mend();
    // Only the first answers; the other has keys of its own, and is never idle.
    let _desk = Desk::open(&members[0], &handles[..1]).await;
    redrive(&members[0], &letters).await;
    let mut said = 1;
    eventually(Duration::from_secs(20), async || {
        source.restock_all(&KEYS, said..said + 1).await;
        said += 1;
        let keys = by_key(&members[0].effects().await);
        (keys.len() == KEYS.len() && keys.values().all(|numbers| numbers[0] == 0)).then_some(())
    })
    .await;
    let applied = members[0].wait_effects(KEYS.len() * usize::try_from(said).unwrap()).await;
    for (key, numbers) in by_key(&applied) {
        assert!(numbers.iter().copied().eq(0..said), "{key}: {numbers:?}");
    }
    for member in members {
        member.stop().await;
    }
    source.stop().await;
}

/// The log is the memory of the one who does not lead.
#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_is_not_the_relay_keeps_no_rows_for_it() {
    let Some(rig) = Rig::on_postgres().await else { return };
    let leader = rig.source().await;
    leader.restock("apple", 0..1).await;
    eventually(Duration::from_secs(10), async || (leader.relay.published() == 1).then_some(())).await;
    let other = rig.source().await;
    // More commits than the hand-over has room for.
    for _ in 0..150 {
        futures::future::join_all(KEYS[..8].iter().map(|key| other.restock(key, 0..1))).await;
    }
    assert!(!other.store.fresh().missed_some(), "nobody takes them here");
    eventually(Duration::from_secs(20), async || (leader.relay.published() == 1201).then_some(())).await;
    assert_eq!(other.relay.published(), 0);
    other.stop().await;
    leader.stop().await;
}
