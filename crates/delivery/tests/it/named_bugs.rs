//! Bugs that others had, by the names they are known under: here they do not happen.

use std::time::Duration;

use catalogue::{Contract, Kind};
use delivery::{Consumer, Handler, Policy, Received};
use messaging::{Cause, Done, Envelope, Failure, Outcome, PROTOBUF};
use prost::Message;
use store::{StoreError, Work, params};
use testkit::sample::inventory::v1::StockRestocked;
use testkit::sample::orders::v1::OrderPlaced as OrderPlacedV1;
use testkit::sample::orders::v2::OrderPlaced;

use crate::desk::{Desk, discard, open_letters, redrive, redrive_within};
use crate::rig::{Effect, Node, Rig, by_key, effects, eventually};

crate::rig::both!(
    marten_3503_numbers_that_were_rolled_back_hold_up_nobody,
    marten_3503_a_gap_that_nobody_can_fill_holds_up_nobody,
    servicepulse_2424_two_redrives_at_once_are_one,
    servicepulse_2424_a_letter_that_is_being_tried_again_is_not_tried_beside_itself,
    kurrentdb_3844_what_is_settled_is_not_replayed_by_another_replay,
    kurrentdb_3844_a_replay_that_is_killed_loses_nothing,
    axon_2500_a_dead_letter_is_upcast_when_it_is_redriven,
    bare_naks_a_failing_event_keeps_its_distance_between_attempts,
    lost_acks_a_broker_that_forgets_them_changes_nothing,
);

/// marten #4952, Eventuous #222, Emmett PR 336: a transaction that began first commits last, and its row is skipped. On Postgres only:
/// SQLite has one writer.
#[tokio::test(flavor = "multi_thread")]
async fn marten_4952_eventuous_222_emmett_336_rows_of_a_transaction_that_commits_late_are_not_skipped() {
    let Some(rig) = Rig::on_postgres().await else { return };
    let (source, sink) = (rig.source().await, rig.sink().await);
    sink.consume(effects(&Effect::default()));
    let (begun, started) = tokio::sync::oneshot::channel();
    let (go, wait) = tokio::sync::oneshot::channel::<()>();
    let store = source.store.clone();
    let late = tokio::spawn(async move {
        store
            .write::<_, StoreError, _>(move |work| {
                Box::pin(async move {
                    let event = StockRestocked { product_id: "late".to_owned(), quantity: 1, ..Default::default() };
                    work.emit(&Cause::root("conversation"), &event);
                    // The row and its sequence number exist, and nobody else can see them yet.
                    work.flush().await?;
                    let _ = begun.send(());
                    let _ = wait.await;
                    Ok(())
                })
            })
            .await
    });
    started.await.unwrap();
    source.restock("early", 0..5).await;
    let applied = sink.wait_effects(5).await;
    assert!(applied.iter().all(|(key, _)| key == "early"));
    go.send(()).unwrap();
    late.await.unwrap().unwrap();
    let applied = sink.wait_effects(6).await;
    assert_eq!(applied[5], ("late".to_owned(), 1));
    sink.stop().await;
    source.stop().await;
}

/// marten #3503: sequence values of transactions that were rolled back are a gap in `mt_events`; the high water mark never got past it, and
/// all subscriptions stood still behind it.
async fn marten_3503_numbers_that_were_rolled_back_hold_up_nobody(rig: Rig) {
    let (source, sink) = (rig.source().await, rig.sink().await);
    sink.consume(effects(&Effect::default()));
    source.restock("apple", 0..3).await;
    for _ in 0..10 {
        let given_up = source.store.write::<(), StoreError, _>(|work| {
            Box::pin(async move {
                work.emit(
                    &Cause::root("conversation"),
                    &StockRestocked { product_id: "apple".to_owned(), quantity: 99, ..Default::default() },
                );
                // Its number is taken, and nobody gets it.
                work.flush().await?;
                Err(StoreError::Refused("given up".to_owned()))
            })
        });
        given_up.await.unwrap_err();
    }
    source.restock("apple", 3..6).await;
    let applied = sink.wait_effects(6).await;
    assert!(applied.iter().map(|(_, n)| *n).eq(0..6), "{applied:?}");
    assert_eq!(sink.count("SELECT MAX(position) AS count FROM positions").await, 6, "positions have no gaps");
    sink.stop().await;
    source.stop().await;
}

/// marten #3503, the gap itself: a position beyond the end of the owner's log, which nobody will ever fill.
async fn marten_3503_a_gap_that_nobody_can_fill_holds_up_nobody(rig: Rig) {
    let (source, sink) = (rig.source().await, rig.sink().await);
    let handle = sink.consume(effects(&Effect::default()).keeping_foreign());
    source.restock_all(&["apple", "pear"], 0..3).await;
    sink.wait_effects(6).await;
    let envelope = Envelope { position: 4_000, ..forged("apple") };
    publish(&rig, &envelope).await;
    source.restock_all(&["apple", "pear"], 3..6).await;
    let applied = by_key(&sink.wait_effects(12).await);
    assert!(applied.values().all(|numbers| numbers.iter().copied().eq(0..6)), "{applied:?}");
    let error = eventually(Duration::from_secs(10), async || {
        let row = sink.store.row("SELECT error FROM dead_letters WHERE reason = 'foreign'", params![]).await.ok()??;
        row.get::<String>("error").ok()
    });
    let error = error.await;
    assert!(error.contains("ce-position") && error.contains("the log of inventory ends at"), "{error}");
    // And it is not asked for any more.
    eventually(Duration::from_secs(5), async || handle.state.oldest_gap_us().is_none().then_some(())).await;
    sink.stop().await;
    source.stop().await;
}

/// A message as a relay would publish it, of a log that does not hold it.
pub fn forged(key: &str) -> Envelope {
    let event = StockRestocked { product_id: key.to_owned(), quantity: 777, ..Default::default() };
    Envelope {
        id: "forged".to_owned(),
        type_: StockRestocked::TYPE.to_owned(),
        kind: Kind::Event,
        source: "inventory".to_owned(),
        key: key.to_owned(),
        aggregate_type: StockRestocked::AGGREGATE.to_owned(),
        time_us: 1,
        schema: StockRestocked::SCHEMA.to_owned(),
        content_type: PROTOBUF.to_owned(),
        correlation_id: "forged".to_owned(),
        causation_id: String::new(),
        sequence: 1,
        position: 1,
        trace: Default::default(),
        extensions: Default::default(),
        payload: event.encode_to_vec().into(),
    }
}

pub async fn publish(rig: &Rig, envelope: &Envelope) {
    let client = async_nats::connect(rig.nats.url()).await.unwrap();
    let mut headers = async_nats::HeaderMap::new();
    for (name, value) in messaging::headers::write(envelope) {
        headers.insert(name.as_ref(), value.as_str());
    }
    client.publish_with_headers(envelope.subject(), headers, envelope.payload.clone()).await.unwrap();
    client.flush().await.unwrap();
}

/// Ten events of one key, of which the first is a dead letter with the others behind it.
async fn a_dead_letter(rig: &Rig) -> (Node, Node, Effect, Desk, String) {
    let (source, sink) = (rig.source().await, rig.sink().await);
    let effect = Effect::failing(|event| (event.quantity == 0).then(|| Failure::retry("out of order")));
    let handle = sink.consume(Consumer::new("effects").on(effect.clone()).policy(Policy { attempts: 2, ..crate::rig::quick() }));
    let desk = Desk::open(&sink, &[handle]).await;
    source.restock("apple", 0..10).await;
    let letter = open_letters(&sink, 1).await.remove(0);
    (source, sink, effect, desk, letter)
}

/// ServicePulse #2424: "Edit & Retry" sent both the edited and the unedited copy of the message. Here nothing is sent: the letter's own row
/// runs again, so there is one copy, whoever asks for it and how often.
async fn servicepulse_2424_two_redrives_at_once_are_one(rig: Rig) {
    let (source, sink, effect, _desk, letter) = a_dead_letter(&rig).await;
    effect.mend();
    let ids = [letter];
    let (one, other) = tokio::join!(redrive(&sink, &ids), redrive(&sink, &ids));
    let mut answers = [one, other].concat();
    answers.sort();
    assert_eq!(answers, ["", "already_redriven"]);
    let applied = sink.wait_effects(10).await;
    assert!(applied.iter().map(|(_, n)| *n).eq(0..10), "once, in its old place, with its followers behind it: {applied:?}");
    sink.stop().await;
    source.stop().await;
}

/// ServicePulse #2424, while the first copy still runs.
async fn servicepulse_2424_a_letter_that_is_being_tried_again_is_not_tried_beside_itself(rig: Rig) {
    let (source, sink, effect, _desk, letter) = a_dead_letter(&rig).await;
    let ids = [letter];
    // It fails again, and waits for its next attempt.
    assert_eq!(redrive(&sink, &ids).await, [""]);
    let mut refused = redrive(&sink, &ids).await;
    // Unless it has died once more meanwhile, and may be redriven again: still as one copy.
    if refused == [""] {
        refused = redrive(&sink, &ids).await;
    }
    assert_eq!(refused, ["already_redriven"]);
    effect.mend();
    eventually(Duration::from_secs(10), async || {
        if sink.count("SELECT COUNT(*) AS count FROM dead_letters WHERE state = 'open'").await == 1 {
            redrive(&sink, &ids).await;
        }
        (sink.effects().await.len() == 10).then_some(())
    })
    .await;
    assert_eq!(redrive(&sink, &ids).await, ["already_redriven"], "and what was done is done");
    let applied = sink.effects().await;
    assert!(applied.iter().map(|(_, n)| *n).eq(0..10), "{applied:?}");
    sink.stop().await;
    source.stop().await;
}

/// KurrentDB #3844: "replay parked" with nearly nothing parked sent 380,000 old messages once more. (That it is not begun without numbers
/// and a selection is a fact of the operator's command: services/ensue/tests.)
async fn kurrentdb_3844_what_is_settled_is_not_replayed_by_another_replay(rig: Rig) {
    let (source, sink) = (rig.source().await, rig.sink().await);
    let effect = Effect::failing(|event| (event.quantity == 0).then(|| Failure::dead("not this one")));
    let handle = sink.consume(effects(&effect));
    let _desk = Desk::open(&sink, &[handle]).await;
    source.restock_all(&["apple", "pear", "plum"], 0..3).await;
    let letters = open_letters(&sink, 3).await;
    effect.mend();
    assert_eq!(redrive(&sink, &letters[..1]).await, [""]);
    assert_eq!(discard(&sink, &letters[1..2]).await, [""]);
    sink.wait_effects(5).await;
    assert_eq!(redrive(&sink, &letters).await, ["already_redriven", "already_discarded", ""]);
    let applied = sink.wait_effects(8).await;
    let keys = by_key(&applied);
    assert_eq!(applied.len(), 8, "{applied:?}");
    assert!(keys.values().all(|numbers| numbers.ends_with(&[1, 2])), "{keys:?}");
    assert_eq!(keys.values().filter(|numbers| numbers.starts_with(&[0])).count(), 2, "the discarded one stays undone: {keys:?}");
    sink.stop().await;
    source.stop().await;
}

/// KurrentDB #3844 and its kin (EventStore PR 2181: the parked stream was truncated before its messages were dispatched): a replay ends
/// half-way. At every place where it can, each letter is still open or has had its effect.
async fn kurrentdb_3844_a_replay_that_is_killed_loses_nothing(rig: Rig) {
    let keys: Vec<String> = (0..20).map(|n| format!("key-{n:02}")).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    let source = rig.source().await;
    let mut from = 0;
    for place in ["store.before_commit", "store.after_commit"] {
        for passes in [0, 2, 7] {
            let broken = Effect::failing(|event| (event.quantity % 3 == 0).then(|| Failure::dead("not today")));
            let first = rig.sink().await;
            first.consume(effects(&broken));
            source.restock_all(&keys, from..from + 3).await;
            open_letters(&first, keys.len()).await;
            first.stop().await;

            let sink = rig.mortal("orders", Some(effects(&Effect::default()))).await;
            let desk = Desk::open(&sink.node, &[sink.handle.clone().expect("a consumer")]).await;
            let letters = open_letters(&sink.node, keys.len()).await;
            let reached = sink.node.store.faults().arm(place, passes);
            let replaying = sink.node.clone();
            sink.spawn(async move {
                for part in letters.chunks(3) {
                    redrive(&replaying, part).await;
                }
            });
            tokio::time::timeout(Duration::from_secs(20), reached).await.unwrap_or_else(|_| panic!("{place} was not reached"));
            drop(desk);
            sink.kill();

            // The operator looks what is still open, and goes on.
            let sink = rig.sink().await;
            let handle = sink.consume(effects(&Effect::default()));
            let _desk = Desk::open(&sink, &[handle]).await;
            let open = sink.store.rows("SELECT id FROM dead_letters WHERE state = 'open'", params![]).await.unwrap();
            let open: Vec<String> = open.iter().map(|row| row.get("id").unwrap()).collect();
            // The desk of the dead one may be asked until the broker sees that it is gone.
            eventually(Duration::from_secs(30), async || redrive_within(&sink, &open, Duration::from_secs(1)).await).await;
            from += 3;
            let applied = by_key(&sink.wait_effects(keys.len() * usize::try_from(from).unwrap()).await);
            assert!(applied.values().all(|numbers| numbers.iter().copied().eq(0..from)), "{place}, {passes}: {applied:?}");
            sink.stop().await;
        }
    }
    source.stop().await;
}

/// Writes down whether it is known that the address is not known: version 1 of `order.placed` had none.
struct Placed {
    fails: std::sync::Arc<std::sync::atomic::AtomicBool>,
}

impl Handler for Placed {
    type Input = OrderPlaced;

    async fn handle(&self, event: Received<OrderPlaced>, work: &mut Work) -> Outcome {
        if self.fails.load(std::sync::atomic::Ordering::SeqCst) {
            return Err(Failure::dead("not yet"));
        }
        let sql = "INSERT INTO effects (arrival, event_id, key, n) SELECT COALESCE(MAX(arrival), 0) + 1, $1, $2, $3 FROM effects";
        work.execute(sql, params![event.envelope().schema.as_str(), &event.order_id, i64::from(event.address_unknown)]).await?;
        Ok(Done)
    }
}

/// Axon #2500: upcasters were not applied to entries of the dead-letter queue, so that the handler of today got yesterday's form.
async fn axon_2500_a_dead_letter_is_upcast_when_it_is_redriven(rig: Rig) {
    let source = Node::start(&rig.nats.url(), &rig.place(), "orders").await;
    let sink = rig.late().await;
    let fails = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(true));
    let handle = sink.consume(Consumer::new("placed").on(Placed { fails: fails.clone() }).policy(crate::rig::quick()));
    let _desk = Desk::open(&sink, &[handle]).await;
    source
        .store
        .write::<_, StoreError, _>(|work| {
            Box::pin(async move {
                let old = OrderPlacedV1 { order_id: "order-1".to_owned(), user_id: "user-1".to_owned() };
                let envelope = Envelope {
                    id: String::new(),
                    type_: OrderPlaced::TYPE.to_owned(),
                    key: "order-1".to_owned(),
                    aggregate_type: OrderPlaced::AGGREGATE.to_owned(),
                    schema: OrderPlacedV1::SCHEMA.to_owned(),
                    payload: old.encode_to_vec().into(),
                    source: "orders".to_owned(),
                    time_us: work.now_us(),
                    ..forged("order-1")
                };
                work.emit_envelope(&Cause::root("conversation"), envelope, None);
                Ok(())
            })
        })
        .await
        .unwrap();
    let letters = open_letters(&sink, 1).await;
    let kept = sink.store.row("SELECT payload FROM dead_letters", params![]).await.unwrap().unwrap();
    let kept: Vec<u8> = kept.get("payload").unwrap();
    assert_eq!(OrderPlacedV1::decode(kept.as_slice()).unwrap().order_id, "order-1", "the letter keeps what came, byte for byte");
    fails.store(false, std::sync::atomic::Ordering::SeqCst);
    assert_eq!(redrive(&sink, &letters).await, [""]);
    // The handler of version 2 got it, with the mark that only an upcast sets.
    assert_eq!(sink.wait_effects(1).await, [("order-1".to_owned(), 1)]);
    let row = sink.store.row("SELECT event_id FROM effects", params![]).await.unwrap().unwrap();
    assert_eq!(row.get::<String>("event_id").unwrap(), OrderPlacedV1::SCHEMA);
    sink.stop().await;
    source.stop().await;
}

/// JetStream: a bare nak ignores the consumer's back-off and comes back at once, so that all attempts are gone in a millisecond. Here no nak
/// is ever sent: attempts are counted and spaced in the store, and the broker delivers each message once.
async fn bare_naks_a_failing_event_keeps_its_distance_between_attempts(rig: Rig) {
    let (source, sink) = (rig.source().await, rig.sink().await);
    let effect = Effect::failing(|event| (event.product_id == "pear").then(|| Failure::retry("no luck")));
    let waits = vec![Duration::from_millis(300), Duration::from_millis(600)];
    sink.consume(Consumer::new("effects").on(effect).policy(Policy { attempts: 3, waits, jitter: 0.2, ..Policy::default() }));
    source.restock_all(&["apple", "pear"], 0..2).await;
    open_letters(&sink, 1).await;
    let row = sink.store.row("SELECT history FROM dead_letters", params![]).await.unwrap().unwrap();
    let attempts: Vec<delivery::dead::Attempt> = serde_json::from_str(&row.get::<String>("history").unwrap()).unwrap();
    assert_eq!(attempts.len(), 3);
    let gaps: Vec<i64> = attempts.windows(2).map(|pair| pair[1].at_us - pair[0].at_us).collect();
    assert!(gaps[0] >= 240_000 && gaps[1] >= 480_000, "{gaps:?}");
    let js = async_nats::jetstream::new(async_nats::connect(rig.nats.url()).await.unwrap());
    let stream = js.get_stream("EVENTS_INVENTORY").await.unwrap();
    let mut durable = stream.get_consumer::<async_nats::jetstream::consumer::pull::Config>("orders-effects").await.unwrap();
    let info = durable.info().await.unwrap();
    assert_eq!((info.num_redelivered, info.delivered.consumer_sequence), (0, 4), "delivered once each");
    assert_eq!(info.config.max_deliver, -1);
    sink.stop().await;
    source.stop().await;
}

/// nats-server #8036 and the facts page: a broker that is killed forgets the acks of its last 100 ms, though it confirmed them, and delivers
/// again what was done.
async fn lost_acks_a_broker_that_forgets_them_changes_nothing(rig: Rig) {
    let (source, sink) = (rig.source().await, rig.sink().await);
    sink.consume(effects(&Effect::default()));
    let mut written = 0;
    for _ in 0..4 {
        source.restock_all(&["apple", "pear"], written..written + 100).await;
        written += 100;
        sink.wait_effects(usize::try_from(written).unwrap() * 2).await;
        rig.nats.kill();
        rig.nats.restart().await;
    }
    // As if it had forgotten all of them: the durable is where it was made, and gives everything once more.
    let js = async_nats::jetstream::new(async_nats::connect(rig.nats.url()).await.unwrap());
    js.get_stream("EVENTS_INVENTORY").await.unwrap().delete_consumer("orders-effects").await.unwrap();
    sink.stop().await;
    let forgetful = rig.sink().await;
    forgetful
        .store
        .write::<_, StoreError, _>(|work| Box::pin(async move { work.execute("DELETE FROM cursors", params![]).await }))
        .await
        .unwrap();
    forgetful.consume(effects(&Effect::default()));
    source.restock_all(&["apple", "pear"], written..written + 1).await;
    let applied = forgetful.wait_effects(usize::try_from(written).unwrap() * 2 + 2).await;
    for (key, numbers) in by_key(&applied) {
        assert!(numbers.iter().copied().eq(0..=written), "{key}: {numbers:?}");
    }
    forgetful.stop().await;
    source.stop().await;
}
