//! A key that fails waits with what is behind it; the others flow on.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use delivery::{Consumer, Handler, Received};
use messaging::{Done, Failure, Outcome};
use store::Work;
use testkit::sample::inventory::v1::StockRestocked;
use testkit::sample::orders::v1::OrderCancelled;

use crate::rig::{Effect, Rig, by_key, effects, eventually, quick};

crate::rig::both!(
    a_parked_key_does_not_hold_up_others_and_resumes_in_order,
    attempts_survive_a_restart,
    a_consumer_with_too_many_parked_keys_takes_no_more_until_some_are_out_of_the_way,
    a_handler_that_panics_parks_its_key_only,
    what_the_log_refuses_is_a_dead_letter_of_the_event_that_led_to_it,
    a_breaker_that_a_retry_opened_is_closed_by_one,
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

async fn a_handler_that_panics_parks_its_key_only(rig: Rig) {
    let (source, sink) = (rig.source().await, rig.sink().await);
    let effect = Effect::failing(|event| {
        assert!(event.product_id != "pear" || event.quantity != 1, "a pear too many");
        None
    });
    sink.consume(effects(&effect));
    source.restock_all(&["apple", "pear"], 0..3).await;
    let applied = by_key(&sink.wait_effects(4).await);
    assert_eq!((&applied["apple"], &applied["pear"]), (&vec![0, 1, 2], &vec![0]));
    let letter = "SELECT COUNT(*) AS count FROM dead_letters WHERE reason = 'exhausted' AND error LIKE 'panic: a pear too many%'";
    eventually(Duration::from_secs(10), async || (sink.count(letter).await == 1).then_some(())).await;
    source.restock("apple", 3..4).await;
    sink.wait_effects(5).await;
    sink.stop().await;
    source.stop().await;
}

/// Announces a cancellation for each, one of them under a key that no subject can carry.
struct Cancel(Effect);

impl Handler for Cancel {
    type Input = StockRestocked;

    async fn handle(&self, event: Received<StockRestocked>, work: &mut Work) -> Outcome {
        let order_id = if event.quantity == 1 { "two.tokens".to_owned() } else { format!("order-{}", event.quantity) };
        work.emit(event.cause(), &OrderCancelled { order_id, ..Default::default() });
        self.0.handle(event, work).await
    }
}

async fn what_the_log_refuses_is_a_dead_letter_of_the_event_that_led_to_it(rig: Rig) {
    let (source, sink) = (rig.source().await, rig.sink().await);
    sink.consume(Consumer::new("effects").on(Cancel(Effect::default())).policy(quick()));
    source.restock_all(&["apple"], 0..3).await;
    let letter = "SELECT COUNT(*) AS count FROM dead_letters WHERE reason = 'rejected' AND error LIKE '%no subject token'";
    eventually(Duration::from_secs(10), async || (sink.count(letter).await == 1).then_some(())).await;
    assert_eq!(sink.effects().await, [("apple".to_owned(), 0)], "what came before it is done, what is behind it waits");
    source.restock("pear", 2..3).await;
    sink.wait_effects(2).await;
    assert_eq!(sink.count("SELECT COUNT(*) AS count FROM events WHERE type = 'order.cancelled'").await, 2);
    sink.stop().await;
    source.stop().await;
}

/// Fails once, is unavailable once, and then works.
struct Moody(Arc<AtomicU32>);

impl Handler for Moody {
    type Input = StockRestocked;

    async fn handle(&self, _event: Received<StockRestocked>, _work: &mut Work) -> Outcome {
        match self.0.load(Ordering::SeqCst) {
            0 => Err(Failure::retry("not yet")),
            1 => Err(Failure::Unavailable { error: "away".to_owned() }),
            _ => Ok(Done),
        }
    }
}

/// Nothing else comes meanwhile that could close it.
async fn a_breaker_that_a_retry_opened_is_closed_by_one(rig: Rig) {
    let (source, sink) = (rig.source().await, rig.sink().await);
    let mood = Arc::new(AtomicU32::new(0));
    let handle = sink.consume(Consumer::new("moody").on(Moody(mood.clone())).policy(delivery::Policy { attempts: 1_000, ..quick() }));
    source.restock("apple", 0..1).await;
    eventually(Duration::from_secs(10), async || (handle.state.parked_keys() == 1).then_some(())).await;
    mood.store(1, Ordering::SeqCst);
    eventually(Duration::from_secs(10), async || handle.state.is_paused().then_some(())).await;
    mood.store(2, Ordering::SeqCst);
    eventually(Duration::from_secs(10), async || (handle.state.handled() == 1).then_some(())).await;
    eventually(Duration::from_secs(10), async || (!handle.state.is_paused()).then_some(())).await;
    sink.stop().await;
    source.stop().await;
}
