//! What does not belong: garbage on live subjects, and commands whose undo came first.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use delivery::{Consumer, Handler, Received};
use messaging::{Cause, Done, Envelope, Failure, Outcome};
use store::{StoreError, Work, params};
use testkit::sample::inventory::v1::{InventoryCommandFailed, ReleaseStock, ReserveStock};

use crate::desk::{Desk, open_letters, redrive};
use crate::named_bugs::{forged, publish};
use crate::rig::{Effect, Node, Rig, effects, eventually};

crate::rig::both!(
    garbage_on_a_live_key_parks_nobody,
    a_forged_position_takes_nobodys_place,
    a_position_of_nobodys_service_is_a_stranger,
    a_dead_do_lets_its_undo_run_and_is_refused_from_then_on,
    an_undo_before_its_do_refuses_the_late_do,
    a_redriven_command_leads_to_other_ids_than_its_failures,
);

async fn garbage_on_a_live_key_parks_nobody(rig: Rig) {
    let (source, sink) = (rig.source().await, rig.sink().await);
    sink.consume(effects(&Effect::default()).keeping_foreign());
    source.restock("apple", 0..5).await;
    sink.wait_effects(5).await;
    let client = async_nats::connect(rig.nats.url()).await.unwrap();
    client.publish("events.inventory.restocked.apple", "\u{0}\u{1}garbage".into()).await.unwrap();
    let mut headers = async_nats::HeaderMap::new();
    headers.insert("ce-id", "forged");
    headers.insert("ce-position", "not a number");
    client.publish_with_headers("events.inventory.restocked.apple", headers, "{}".into()).await.unwrap();
    client.flush().await.unwrap();
    source.restock("apple", 5..10).await;
    let applied = sink.wait_effects(10).await;
    assert!(applied.iter().map(|(_, n)| *n).eq(0..10), "{applied:?}");
    eventually(Duration::from_secs(10), async || {
        (sink.count("SELECT COUNT(*) AS count FROM dead_letters WHERE reason = 'foreign'").await == 2).then_some(())
    })
    .await;
    assert_eq!(sink.count("SELECT COUNT(*) AS count FROM parked").await, 0);
    let errors = sink.store.rows("SELECT error FROM dead_letters ORDER BY error", params![]).await.unwrap();
    assert!(errors.iter().any(|row| row.get::<String>("error").unwrap().contains("ingest.")), "it names the way in");
    sink.stop().await;
    source.stop().await;
}

async fn a_forged_position_takes_nobodys_place(rig: Rig) {
    let (source, sink) = (rig.source().await, rig.sink().await);
    sink.consume(effects(&Effect::default()).keeping_foreign());
    source.restock("apple", 0..3).await;
    sink.wait_effects(3).await;
    // The next one, as far as anybody can see; but no relay has published it.
    publish(&rig, &Envelope { position: 4, ..forged("apple") }).await;
    foreign_letters(&sink, 1).await;
    source.restock("apple", 3..6).await;
    let applied = sink.wait_effects(6).await;
    assert!(applied.iter().map(|(_, n)| *n).eq(0..6), "{applied:?}");
    // The relay goes on behind it, too; the consumer may have had them from the log before.
    eventually(Duration::from_secs(10), async || (source.relay.published() == 6).then_some(())).await;
    sink.stop().await;
    source.stop().await;
}

async fn a_position_of_nobodys_service_is_a_stranger(rig: Rig) {
    let (source, sink) = (rig.source().await, rig.sink().await);
    sink.consume(effects(&Effect::default()).keeping_foreign());
    source.restock("apple", 0..2).await;
    sink.wait_effects(2).await;
    publish(&rig, &Envelope { source: "nobody".to_owned(), ..forged("apple") }).await;
    publish(&rig, &Envelope { source: "payments".to_owned(), ..forged("apple") }).await;
    foreign_letters(&sink, 2).await;
    source.restock("apple", 2..4).await;
    let applied = sink.wait_effects(4).await;
    assert!(applied.iter().map(|(_, n)| *n).eq(0..4), "{applied:?}");
    sink.stop().await;
    source.stop().await;
}

async fn foreign_letters(sink: &Node, count: i64) {
    let sql = "SELECT COUNT(*) AS count FROM dead_letters WHERE reason = 'foreign'";
    eventually(Duration::from_secs(10), async || (sink.count(sql).await == count).then_some(())).await;
}

/// Holds stock; fails when the order is called so.
struct Reserve;

impl Handler for Reserve {
    type Input = ReserveStock;

    async fn handle(&self, command: Received<ReserveStock>, work: &mut Work) -> Outcome {
        if command.order_id.starts_with("poison") {
            return Err(Failure::retry("the shelf is locked"));
        }
        note(work, &command.order_id, 1).await
    }
}

struct Release;

impl Handler for Release {
    type Input = ReleaseStock;

    async fn handle(&self, command: Received<ReleaseStock>, work: &mut Work) -> Outcome {
        note(work, &command.order_id, -1).await
    }
}

async fn note(work: &mut Work, key: &str, n: i64) -> Outcome {
    let sql = "INSERT INTO effects (arrival, event_id, key, n) SELECT COALESCE(MAX(arrival), 0) + 1, '', $1, $2 FROM effects";
    work.execute(sql, params![key, n]).await?;
    Ok(Done)
}

fn commands() -> Consumer {
    let commands = Consumer::new("commands").on(Reserve).on(Release).undoes::<ReleaseStock, ReserveStock>();
    commands.on_exhausted(|work, command, error| {
        work.emit(&command.cause("inventory-commands"), &failed(command, error));
    })
}

fn failed(command: &Envelope, error: &str) -> InventoryCommandFailed {
    InventoryCommandFailed {
        order_id: command.key.clone(),
        command: command.type_.clone(),
        command_id: command.id.clone(),
        error: error.to_owned(),
    }
}

async fn send(node: &Node, order: &str, undo: bool) {
    let order = order.to_owned();
    node.store
        .write::<_, StoreError, _>(move |work| {
            Box::pin(async move {
                let cause = Cause::root("conversation");
                if undo {
                    work.emit(&cause, &ReleaseStock { order_id: order, ..Default::default() });
                } else {
                    work.emit(&cause, &ReserveStock { order_id: order });
                }
                Ok(())
            })
        })
        .await
        .unwrap();
}

async fn a_dead_do_lets_its_undo_run_and_is_refused_from_then_on(rig: Rig) {
    let (inventory, orders) = (rig.source().await, rig.sink().await);
    inventory.consume(commands().policy(crate::rig::quick()));
    send(&orders, "poison-1", false).await;
    send(&orders, "poison-1", true).await;
    let applied = inventory.wait_effects(1).await;
    assert_eq!(applied, [("poison-1".to_owned(), -1)], "the undo ran although its do is dead");
    assert_eq!(inventory.count("SELECT COUNT(*) AS count FROM dead_letters WHERE type = 'inventory.reserve'").await, 1);
    assert_eq!(inventory.count("SELECT COUNT(*) AS count FROM events WHERE type = 'inventory.command_failed'").await, 1);
    assert_eq!(inventory.count("SELECT COUNT(*) AS count FROM parked").await, 0);
    inventory.stop().await;
    orders.stop().await;
}

async fn an_undo_before_its_do_refuses_the_late_do(rig: Rig) {
    let (inventory, orders) = (rig.source().await, rig.sink().await);
    inventory.consume(commands().policy(crate::rig::quick()));
    send(&orders, "order-1", true).await;
    send(&orders, "order-1", false).await;
    send(&orders, "order-2", false).await;
    let applied = inventory.wait_effects(2).await;
    assert_eq!(applied, [("order-1".to_owned(), -1), ("order-2".to_owned(), 1)]);
    inventory.stop().await;
    orders.stop().await;
}

/// Fails, or answers with an event.
struct Answering {
    fails: Arc<AtomicBool>,
}

impl Handler for Answering {
    type Input = ReserveStock;

    async fn handle(&self, command: Received<ReserveStock>, work: &mut Work) -> Outcome {
        if self.fails.load(Ordering::SeqCst) {
            return Err(Failure::dead("the shelf is gone"));
        }
        work.emit(command.cause(), &failed(command.envelope(), "nothing: it went well"));
        Ok(Done)
    }
}

async fn a_redriven_command_leads_to_other_ids_than_its_failures(rig: Rig) {
    let (inventory, orders) = (rig.source().await, rig.sink().await);
    let fails = Arc::new(AtomicBool::new(true));
    let handler = Answering { fails: fails.clone() };
    let consumer = Consumer::new("commands").on(handler).policy(crate::rig::quick());
    // It names the cause as the handler does.
    let consumer = consumer.on_exhausted(|work, command, error| work.emit(&command.cause("inventory-commands"), &failed(command, error)));
    let handle = inventory.consume(consumer);
    let _desk = Desk::open(&inventory, &[handle]).await;
    send(&orders, "order-1", false).await;
    let letters = open_letters(&inventory, 1).await;
    assert_eq!(redrive(&inventory, &letters).await, [""]);
    let died = "SELECT COUNT(*) AS count FROM events WHERE type = 'inventory.command_failed'";
    eventually(Duration::from_secs(10), async || (inventory.count(died).await == 2).then_some(())).await;
    fails.store(false, Ordering::SeqCst);
    assert_eq!(redrive(&inventory, &letters).await, [""]);
    eventually(Duration::from_secs(10), async || (inventory.count(died).await == 3).then_some(())).await;
    let ids = "SELECT COUNT(DISTINCT id) AS count FROM events WHERE type = 'inventory.command_failed'";
    assert_eq!(inventory.count(ids).await, 3);
    inventory.stop().await;
    orders.stop().await;
}
