//! A consumer's timers: one that fails holds up nobody, and is kept with its history in the end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use delivery::{Consumer, Policy, TimerHandler};
use messaging::{Cause, Done, Failure, Outcome};
use store::timers::{self, Timer};
use store::{StoreError, Work, params};

use crate::desk::{Desk, open_letters, redrive};
use crate::rig::{Node, Rig, eventually, quick};

crate::rig::both!(
    a_timer_that_always_fails_is_a_dead_letter_and_holds_up_nobody,
    a_timer_that_is_redriven_fires_again,
    a_timer_whose_cause_can_not_be_read_fires_all_the_same,
    a_timer_costs_no_attempt_while_everybody_would_fail,
);

const CONSUMER: &str = "orders-alarms";

/// Writes down which have fired.
#[derive(Clone, Default)]
struct Alarms {
    mended: Arc<AtomicBool>,
}

impl TimerHandler for Alarms {
    async fn fire(&self, timer: Timer, work: &mut Work) -> Outcome {
        let sql = "INSERT INTO effects (arrival, event_id, key, n) SELECT COALESCE(MAX(arrival), 0) + 1, $1, $2, 0 FROM effects";
        work.execute(sql, params![&timer.payload, &timer.id]).await?;
        match timer.payload.as_str() {
            _ if self.mended.load(Ordering::SeqCst) => Ok(Done),
            "fails" => Err(Failure::retry("no bell")),
            "panics" => panic!("no clapper"),
            "refused" => Err(Failure::dead("bell: none")),
            "away" => Err(Failure::Unavailable { error: "the tower is locked".to_owned() }),
            _ => Ok(Done),
        }
    }
}

fn alarms(handler: &Alarms, policy: Policy) -> Consumer {
    Consumer::new("alarms").on_timer(handler.clone()).policy(policy)
}

async fn set(node: &Node, payload: &'static str, ids: &[&str]) {
    let cause =
        Cause { correlation_id: "talk".to_owned(), causation_id: "order-1".to_owned(), actor: CONSUMER.to_owned(), ..Cause::default() };
    let timer =
        |id: &&str| Timer { id: (*id).to_owned(), key: "tower".to_owned(), due_us: 1, payload: payload.to_owned(), cause: cause.clone() };
    let all: Vec<Timer> = ids.iter().map(timer).collect();
    let set = node.store.write::<_, StoreError, _>(move |work| Box::pin(async move { timers::set_all(work, CONSUMER, &all).await }));
    set.await.expect("set");
}

async fn fired(node: &Node) -> Vec<String> {
    let mut fired: Vec<String> = node.effects().await.into_iter().map(|(id, _)| id).collect();
    fired.sort_unstable();
    fired
}

async fn wait_fired(node: &Node, expected: &[&str]) {
    eventually(Duration::from_secs(20), async || (fired(node).await == expected).then_some(())).await;
}

async fn a_timer_that_always_fails_is_a_dead_letter_and_holds_up_nobody(rig: Rig) {
    let node = rig.sink().await;
    // More than are looked at together, and all of them before the good ones.
    let bad: Vec<String> = (0..70).map(|n| format!("bad-{n:02}")).collect();
    set(&node, "fails", &bad.iter().map(String::as_str).collect::<Vec<_>>()).await;
    set(&node, "panics", &["a-panic"]).await;
    set(&node, "refused", &["a-refusal"]).await;
    set(&node, "rings", &["good-1", "good-2"]).await;
    node.consume(alarms(&Alarms::default(), quick()));
    wait_fired(&node, &["good-1", "good-2"]).await;
    open_letters(&node, 72).await;
    let rows = node.store.rows("SELECT event_id, consumer, key, reason, error, history, correlation_id FROM dead_letters", params![]).await;
    for row in rows.expect("letters") {
        let text = |column: &str| row.get::<String>(column).expect("a text");
        let tries: Vec<delivery::dead::Attempt> = serde_json::from_str(&text("history")).expect("its history");
        assert_eq!((text("consumer"), text("key"), text("correlation_id")), (CONSUMER.into(), "tower".into(), "talk".into()));
        let (reason, error, count) = match text("event_id").as_str() {
            "timer/a-refusal" => ("rejected", "bell: none", 1),
            "timer/a-panic" => ("exhausted", "panic: no clapper", 4),
            _ => ("exhausted", "no bell", 4),
        };
        assert_eq!((text("reason").as_str(), text("error").as_str(), tries.len()), (reason, error, count));
    }
    assert_eq!(node.count("SELECT COUNT(*) AS count FROM timers").await, 0);
    let told = "SELECT COUNT(DISTINCT id) AS count FROM events WHERE type = 'system.error'";
    assert_eq!(node.count(told).await, 72, "each is announced under an id of its own");
    node.stop().await;
}

async fn a_timer_that_is_redriven_fires_again(rig: Rig) {
    let node = rig.sink().await;
    set(&node, "refused", &["bell"]).await;
    let handler = Alarms::default();
    let handle = node.consume(alarms(&handler, quick()));
    let _desk = Desk::open(&node, &[handle]).await;
    let letters = open_letters(&node, 1).await;
    assert_eq!(redrive(&node, &letters).await, [""]);
    let died_again = async || {
        let sql = "SELECT COUNT(*) AS count FROM events WHERE type = 'system.error'";
        (node.count(sql).await == 2).then_some(())
    };
    eventually(Duration::from_secs(20), died_again).await;
    handler.mended.store(true, Ordering::SeqCst);
    assert_eq!(redrive(&node, &letters).await, [""]);
    wait_fired(&node, &["bell"]).await;
    assert_eq!(node.count("SELECT COUNT(*) AS count FROM dead_letters WHERE state = 'open'").await, 0);
    node.stop().await;
}

async fn a_timer_whose_cause_can_not_be_read_fires_all_the_same(rig: Rig) {
    let node = rig.sink().await;
    set(&node, "rings", &["broken", "whole"]).await;
    let sql = "UPDATE timers SET cause = 'no cause' WHERE id = 'broken'";
    node.store.write::<_, StoreError, _>(move |work| Box::pin(work.execute(sql, params![]))).await.expect("broken");
    node.consume(alarms(&Alarms::default(), quick()));
    wait_fired(&node, &["broken", "whole"]).await;
    node.stop().await;
}

async fn a_timer_costs_no_attempt_while_everybody_would_fail(rig: Rig) {
    let node = rig.sink().await;
    set(&node, "away", &["bell"]).await;
    let handler = Alarms::default();
    let handle = node.consume(alarms(&handler, Policy { attempts: 1, ..quick() }));
    eventually(Duration::from_secs(20), async || handle.state.is_paused().then_some(())).await;
    handler.mended.store(true, Ordering::SeqCst);
    wait_fired(&node, &["bell"]).await;
    eventually(Duration::from_secs(20), async || (!handle.state.is_paused()).then_some(())).await;
    assert_eq!(node.count("SELECT COUNT(*) AS count FROM dead_letters").await, 0);
    node.stop().await;
}
