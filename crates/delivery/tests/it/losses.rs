//! The broker may forget: what it lost is noticed and made good from the stores.

use std::time::{Duration, Instant};

use crate::rig::{Effect, Node, Rig, by_key, effects, eventually, streams_with};

crate::rig::both!(
    a_purged_stream_is_filled_from_the_owners_log,
    a_lost_tail_is_found_with_nothing_after_it,
    a_deleted_stream_is_made_again_and_everything_goes_on,
    a_broker_whose_volume_was_wiped_is_filled_again,
    a_store_restored_to_an_earlier_copy_gets_the_rest_again_in_order,
    a_consumer_behind_max_messages_is_given_everything,
    a_killed_consumer_goes_on_at_once_and_in_order,
    a_durable_deleted_by_someone_is_made_again,
);

async fn a_purged_stream_is_filled_from_the_owners_log(rig: Rig) {
    let (source, sink) = (rig.source().await, rig.sink().await);
    source.restock("apple", 0..10).await;
    published(&source).await;
    let js = jetstream(&rig).await;
    js.get_stream("EVENTS_INVENTORY").await.unwrap().purge().await.unwrap();
    sink.consume(effects(&Effect::default()));
    source.restock("apple", 10..12).await;
    let applied = sink.wait_effects(12).await;
    assert!(applied.iter().map(|(_, n)| *n).eq(0..12), "{applied:?}");
    sink.stop().await;
    source.stop().await;
}

async fn a_lost_tail_is_found_with_nothing_after_it(rig: Rig) {
    let (source, sink) = (rig.source().await, rig.sink().await);
    source.restock("apple", 0..10).await;
    published(&source).await;
    let js = jetstream(&rig).await;
    js.get_stream("EVENTS_INVENTORY").await.unwrap().purge().await.unwrap();
    sink.consume(effects(&Effect::default()));
    let applied = sink.wait_effects(10).await;
    assert!(applied.iter().map(|(_, n)| *n).eq(0..10), "{applied:?}");
    sink.stop().await;
    source.stop().await;
}

async fn a_deleted_stream_is_made_again_and_everything_goes_on(rig: Rig) {
    let (source, sink) = (rig.source().await, rig.sink().await);
    sink.consume(effects(&Effect::default()));
    source.restock("apple", 0..10).await;
    sink.wait_effects(10).await;
    jetstream(&rig).await.delete_stream("EVENTS_INVENTORY").await.unwrap();
    source.restock("apple", 10..20).await;
    let applied = sink.wait_effects(20).await;
    assert!(applied.iter().map(|(_, n)| *n).eq(0..20), "{applied:?}");
    sink.stop().await;
    source.stop().await;
}

async fn a_broker_whose_volume_was_wiped_is_filled_again(rig: Rig) {
    let (source, sink) = (rig.source().await, rig.sink().await);
    sink.consume(effects(&Effect::default()));
    source.restock("apple", 0..10).await;
    sink.wait_effects(10).await;
    rig.nats.kill();
    rig.nats.wipe_store();
    source.restock("apple", 10..20).await;
    rig.nats.restart().await;
    let applied = sink.wait_effects(20).await;
    assert!(applied.iter().map(|(_, n)| *n).eq(0..20), "{applied:?}");
    // And whoever comes new still finds everything in the stream.
    let js = jetstream(&rig).await;
    eventually(Duration::from_secs(10), async || {
        let mut stream = js.get_stream("EVENTS_INVENTORY").await.ok()?;
        (stream.info().await.ok()?.state.messages == 20).then_some(())
    })
    .await;
    sink.stop().await;
    source.stop().await;
}

async fn a_store_restored_to_an_earlier_copy_gets_the_rest_again_in_order(rig: Rig) {
    let (source, sink) = (rig.source().await, rig.sink().await);
    sink.consume(effects(&Effect::default()));
    source.restock("apple", 0..3).await;
    sink.wait_effects(3).await;
    let copy = tempfile::tempdir().unwrap();
    rig.nats.kill();
    rig.nats.copy_store(copy.path());
    rig.nats.restart().await;
    source.restock("apple", 3..5).await;
    sink.wait_effects(5).await;
    rig.nats.kill();
    rig.nats.restore_store(copy.path());
    // These wait in the client's buffer, and are sent on their own when it is back.
    source.restock("apple", 5..8).await;
    rig.nats.restart().await;
    let applied = sink.wait_effects(8).await;
    assert!(applied.iter().map(|(_, n)| *n).eq(0..8), "{applied:?}");
    let js = jetstream(&rig).await;
    eventually(Duration::from_secs(10), async || {
        let mut stream = js.get_stream("EVENTS_INVENTORY").await.ok()?;
        (stream.info().await.ok()?.state.messages == 8).then_some(())
    })
    .await;
    let late = rig.late().await;
    late.consume(effects(&Effect::default()));
    let applied = late.wait_effects(8).await;
    assert!(applied.iter().map(|(_, n)| *n).eq(0..8), "{applied:?}");
    late.stop().await;
    sink.stop().await;
    source.stop().await;
}

async fn a_consumer_behind_max_messages_is_given_everything(rig: Rig) {
    let few = streams_with(|spec| spec.max_messages = 2);
    let source = Node::start_with(&rig.nats.url(), &rig.place(), "inventory", few.clone()).await;
    source.restock_all(&["apple", "pear"], 0..19).await;
    published(&source).await;
    let sink = Node::start_with(&rig.nats.url(), &rig.place(), "orders", few).await;
    sink.consume(effects(&Effect::default()));
    let applied = sink.wait_effects(38).await;
    for (key, numbers) in by_key(&applied) {
        assert!(numbers.iter().copied().eq(0..19), "{key}: {numbers:?}");
    }
    sink.stop().await;
    source.stop().await;
}

async fn a_killed_consumer_goes_on_at_once_and_in_order(rig: Rig) {
    let source = rig.source().await;
    let first = rig.sink().await;
    // It holds what it was given and never settles it.
    let stuck = Effect::failing(|_| Some(messaging::Failure::Unavailable { error: "stuck".to_owned() }));
    first.consume(effects(&stuck));
    source.restock("apple", 0..500).await;
    published(&source).await;
    let js = jetstream(&rig).await;
    eventually(Duration::from_secs(10), async || {
        let stream = js.get_stream("EVENTS_INVENTORY").await.ok()?;
        let mut consumer = stream.get_consumer::<async_nats::jetstream::consumer::pull::Config>("orders-effects").await.ok()?;
        (consumer.info().await.ok()?.num_ack_pending >= 500).then_some(())
    })
    .await;
    first.stop_at_once();
    source.restock("apple", 500..510).await;
    published(&source).await;
    let began = Instant::now();
    let sink = rig.sink().await;
    sink.consume(effects(&Effect::default()));
    let applied = sink.wait_effects(510).await;
    assert!(applied.iter().map(|(_, n)| *n).eq(0..510), "{:?}", applied.len());
    assert!(began.elapsed() < Duration::from_secs(10), "it waited for the ack wait: {:?}", began.elapsed());
    sink.stop().await;
    source.stop().await;
}

async fn a_durable_deleted_by_someone_is_made_again(rig: Rig) {
    let (source, sink) = (rig.source().await, rig.sink().await);
    sink.consume(effects(&Effect::default()));
    source.restock("apple", 0..10).await;
    sink.wait_effects(10).await;
    jetstream(&rig).await.get_stream("EVENTS_INVENTORY").await.unwrap().delete_consumer("orders-effects").await.unwrap();
    source.restock("apple", 10..20).await;
    let applied = sink.wait_effects(20).await;
    assert!(applied.iter().map(|(_, n)| *n).eq(0..20), "{applied:?}");
    sink.stop().await;
    source.stop().await;
}

async fn jetstream(rig: &Rig) -> async_nats::jetstream::Context {
    async_nats::jetstream::new(async_nats::connect(rig.nats.url()).await.unwrap())
}

async fn published(source: &Node) {
    let written = source.count("SELECT COUNT(*) AS count FROM events").await;
    eventually(Duration::from_secs(20), async || {
        let kept = source.count("SELECT COALESCE(MAX(seq), 0) AS count FROM relay_cursors").await;
        (kept >= written).then_some(())
    })
    .await;
}
