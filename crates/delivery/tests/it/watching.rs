//! Stuck detectors: what waits too long is raised once, as a metric and as `system.warning`, and cleared once.

use std::time::Duration;

use catalogue::system::v1::SystemWarning;
use delivery::consumer::ConsumerHandle;
use delivery::watch::{self, WatchSettings, Watched};
use delivery::{Consumer, Policy};
use messaging::Failure;
use prost::Message as _;
use store::{StoreError, params};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::rig::{Effect, Node, Rig, effects, eventually, quick};

crate::rig::both!(
    what_the_broker_does_not_take_is_raised_once_and_cleared,
    what_waits_for_the_broker_is_counted_in_the_store,
    who_is_not_the_relay_any_more_counts_nothing,
    a_parked_key_is_raised_once_and_cleared,
    a_saga_without_progress_is_raised_once_and_cleared,
    a_consumer_that_settles_nothing_is_raised_once_and_cleared,
    a_silent_owner_is_raised_once_and_cleared,
    a_restart_neither_repeats_a_warning_nor_forgets_to_clear_it,
);

/// Looks often, and has no patience.
fn impatient() -> WatchSettings {
    let limit = Duration::from_millis(200);
    WatchSettings {
        every: Duration::from_millis(50),
        unpublished: limit,
        parked: limit,
        saga: limit,
        progress: limit,
        metrics: Duration::from_secs(3600),
    }
}

struct Watching {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Watching {
    fn of(node: &Node, consumers: &[&ConsumerHandle]) -> Self {
        telemetry::metrics::install();
        let consumers = consumers.iter().map(|handle| (*handle).clone()).collect();
        let watched = Watched { store: node.store.clone(), relay: node.relay.clone(), consumers };
        let stop = CancellationToken::new();
        Self { task: tokio::spawn(watch::run(watched, impatient(), stop.clone())), stop }
    }

    async fn stop(self) {
        self.stop.cancel();
        self.task.await.expect("an orderly end");
    }
}

/// What was said of a code: `false` = raised, `true` = cleared.
async fn said(node: &Node, code: &str) -> Vec<bool> {
    let sql = "SELECT payload FROM events WHERE type = 'system.warning' ORDER BY seq";
    let rows = node.store.rows(sql, params![]).await.expect("read");
    let warnings =
        rows.iter().map(|row| SystemWarning::decode(row.get::<Vec<u8>>("payload").expect("a payload").as_slice()).expect("a warning"));
    warnings.filter(|warning| warning.code == code).map(|warning| warning.cleared).collect()
}

async fn wait_said(node: &Node, code: &str, expected: &[bool]) {
    eventually(Duration::from_secs(20), async || (said(node, code).await == expected).then_some(())).await;
}

/// The metric of this component has grown to so many seconds: it was looked at many times meanwhile.
async fn wait_metric(name: &str, component: &str, seconds: f64) {
    eventually(Duration::from_secs(20), async || {
        let rendered = telemetry::metrics::render();
        let line = rendered.lines().find(|line| line.starts_with(&format!("{name}{{")) && line.contains(&format!("\"{component}\"")))?;
        let value: f64 = line.rsplit(' ').next()?.parse().ok()?;
        (value >= seconds).then_some(())
    })
    .await;
}

async fn what_the_broker_does_not_take_is_raised_once_and_cleared(rig: Rig) {
    let source = rig.source().await;
    source.restock("apple", 0..1).await;
    eventually(Duration::from_secs(10), async || (source.relay.published() > 0).then_some(())).await;
    let watching = Watching::of(&source, &[]);
    rig.nats.kill();
    source.restock("apple", 1..2).await;
    wait_said(&source, "relay_stuck", &[false]).await;
    wait_metric("ensue_relay_oldest_seconds", "inventory", 1.0).await;
    assert_eq!(said(&source, "relay_stuck").await, [false], "raised once");
    rig.nats.restart().await;
    wait_said(&source, "relay_stuck", &[false, true]).await;
    watching.stop().await;
    source.stop().await;
}

/// Also by a relay that has never reached it.
async fn what_waits_for_the_broker_is_counted_in_the_store(rig: Rig) {
    let source = rig.source().await;
    rig.nats.kill();
    for from in [0, 300] {
        source.restock("apple", from..from + 300).await;
    }
    eventually(Duration::from_secs(20), async || (source.relay.unpublished() == 600).then_some(())).await;
    let first = source.count("SELECT MIN(time_us) AS count FROM events").await;
    assert_eq!(source.relay.oldest_unpublished_us(), Some(first));
    rig.nats.restart().await;
    eventually(Duration::from_secs(20), async || (source.relay.unpublished() == 0).then_some(())).await;
    assert_eq!(source.relay.oldest_unpublished_us(), None);
    source.stop().await;
}

/// Else its warning would stand for ever.
async fn who_is_not_the_relay_any_more_counts_nothing(rig: Rig) {
    let source = rig.source().await;
    source.restock("apple", 0..1).await;
    eventually(Duration::from_secs(10), async || (source.relay.published() > 0).then_some(())).await;
    rig.nats.kill();
    source.restock("apple", 1..10).await;
    eventually(Duration::from_secs(20), async || (source.relay.unpublished() == 9).then_some(())).await;
    let taken_over = "UPDATE leases SET owner = 'another', epoch = epoch + 1, until_us = until_us + 3600000000 WHERE name = 'relay'";
    let written = source.store.write::<_, StoreError, _>(move |work| Box::pin(work.execute(taken_over, params![])));
    assert_eq!(written.await.expect("written"), 1);
    eventually(Duration::from_secs(20), async || (source.relay.unpublished() == 0).then_some(())).await;
    assert_eq!(source.relay.oldest_unpublished_us(), None);
    rig.nats.restart().await;
    source.stop().await;
}

async fn a_parked_key_is_raised_once_and_cleared(rig: Rig) {
    let (source, sink) = (rig.source().await, rig.sink().await);
    let effect = Effect::failing(|event| (event.product_id == "pear").then(|| Failure::retry("not yet")));
    let patient = Policy { attempts: 1_000_000, ..quick() };
    let handle = sink.consume(Consumer::new("parking").on(effect.clone()).policy(patient));
    let watching = Watching::of(&sink, &[&handle]);
    source.restock_all(&["apple", "pear"], 0..2).await;
    wait_said(&sink, "parked_old", &[false]).await;
    wait_metric("ensue_parked_oldest_seconds", "orders-parking", 1.0).await;
    assert_eq!(said(&sink, "parked_old").await, [false], "raised once");
    effect.mend();
    wait_said(&sink, "parked_old", &[false, true]).await;
    watching.stop().await;
    sink.stop().await;
    source.stop().await;
}

async fn a_saga_without_progress_is_raised_once_and_cleared(rig: Rig) {
    let node = rig.sink().await;
    let sql = "INSERT INTO sagas (saga_id, plan, state, ledger, data, version, updated_at_us) VALUES ('saga-1', 'order', 'running', '{}', $1, 1, $2)";
    let started = node.store.write::<_, StoreError, _>(move |work| {
        Box::pin(async move {
            let now = work.now_us();
            work.execute(sql, params![b"".as_slice(), now]).await
        })
    });
    started.await.expect("written");
    let watching = Watching::of(&node, &[]);
    wait_said(&node, "saga_stuck", &[false]).await;
    wait_metric("ensue_saga_oldest_seconds", "orders", 1.0).await;
    assert_eq!(said(&node, "saga_stuck").await, [false], "raised once");
    let ended = "UPDATE sagas SET state = 'completed' WHERE saga_id = 'saga-1'";
    node.store.write::<_, StoreError, _>(move |work| Box::pin(async move { work.execute(ended, params![]).await })).await.expect("written");
    wait_said(&node, "saga_stuck", &[false, true]).await;
    watching.stop().await;
    node.stop().await;
}

async fn a_consumer_that_settles_nothing_is_raised_once_and_cleared(rig: Rig) {
    let (source, sink) = (rig.source().await, rig.sink().await);
    // It has never settled anything: that is no reason to call it healthy.
    let effect = Effect::failing(|_| Some(Failure::Unavailable { error: "away".to_owned() }));
    let handle = sink.consume(Consumer::new("waiting").on(effect.clone()).policy(quick()));
    let watching = Watching::of(&sink, &[&handle]);
    source.restock("apple", 0..3).await;
    wait_said(&sink, "consumer_stuck", &[false]).await;
    wait_metric("ensue_consumer_stuck_seconds", "orders-waiting", 1.0).await;
    assert_eq!(said(&sink, "consumer_stuck").await, [false], "raised once");
    effect.mend();
    sink.wait_effects(3).await;
    wait_said(&sink, "consumer_stuck", &[false, true]).await;
    watching.stop().await;
    sink.stop().await;
    source.stop().await;
}

async fn a_silent_owner_is_raised_once_and_cleared(rig: Rig) {
    let source = rig.source().await;
    source.restock("apple", 0..5).await;
    let js = async_nats::jetstream::new(async_nats::connect(rig.nats.url()).await.expect("a client"));
    // Not what the relay counts: what it finds there after an unclear answer it has not published.
    let stream = eventually(Duration::from_secs(20), async || {
        let stream = js.get_stream("EVENTS_INVENTORY").await.ok()?;
        (stream.cached_info().state.messages == 5).then_some(stream)
    })
    .await;
    source.stop().await;
    assert!(stream.delete_message(3).await.expect("deleted"));
    let sink = rig.sink().await;
    let handle = sink.consume(effects(&Effect::default()));
    let watching = Watching::of(&sink, &[&handle]);
    wait_said(&sink, "owner_silent", &[false]).await;
    wait_metric("ensue_gap_oldest_seconds", "orders-effects", 1.0).await;
    assert_eq!(said(&sink, "owner_silent").await, [false], "raised once");
    assert_eq!(sink.effects().await.len(), 2, "nothing is skipped meanwhile");
    let source = rig.source().await;
    let applied = sink.wait_effects(5).await;
    assert!(applied.iter().map(|(_, n)| *n).eq(0..5), "{applied:?}");
    wait_said(&sink, "owner_silent", &[false, true]).await;
    watching.stop().await;
    sink.stop().await;
    source.stop().await;
}

async fn a_restart_neither_repeats_a_warning_nor_forgets_to_clear_it(rig: Rig) {
    let (source, sink) = (rig.source().await, rig.sink().await);
    let effect = Effect::failing(|_| Some(Failure::retry("not yet")));
    let patient = Policy { attempts: 1_000_000, ..quick() };
    let handle = sink.consume(Consumer::new("restarting").on(effect.clone()).policy(patient));
    source.restock("apple", 0..1).await;
    let (one, other) = (Watching::of(&sink, &[&handle]), Watching::of(&sink, &[&handle]));
    wait_said(&sink, "parked_old", &[false]).await;
    one.stop().await;
    other.stop().await;
    let watching = Watching::of(&sink, &[&handle]);
    wait_metric("ensue_parked_oldest_seconds", "orders-restarting", 1.0).await;
    assert_eq!(said(&sink, "parked_old").await, [false], "two processes and a restart: said once");
    effect.mend();
    wait_said(&sink, "parked_old", &[false, true]).await;
    watching.stop().await;
    sink.stop().await;
    source.stop().await;
}
