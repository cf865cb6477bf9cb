//! Calls to the outside world: at least once, in order, and what came of them written down once.

mod ending;

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use delivery::intents::{self, IntentSetup};
use delivery::{Intent, IntentHandler, Planned, Policy, intend, intend_all};
use messaging::{Broker, Cause, DEAD, Done, Failure, Outcome};
use messaging_nats::{NatsBroker, Options};
use serde::{Deserialize, Serialize};
use store::{Clock, Migration, Store, StoreError, Work, params};
use testkit::sample::inventory::v1::StockRestocked;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::rig::{Rig, both, eventually, streams};

both! {
    every_call_is_made_and_written_down_once,
    one_by_one_they_are_written_down_as_well,
    many_answers_share_their_units_of_work,
    calls_of_one_key_are_made_in_order_and_one_at_a_time,
    the_same_id_is_the_same_call,
    a_second_try_knows_that_it_is_one,
    what_is_exhausted_is_a_dead_letter_and_given_up,
    what_is_refused_for_good_is_not_tried_again,
    a_world_that_is_away_costs_no_attempt,
    an_answer_that_cannot_be_written_down_does_not_take_the_others_along,
    a_lease_survives_a_kill,
    an_answer_that_comes_too_late_is_nobodys,
}

const SOON: Duration = Duration::from_secs(20);

const TABLES: &[Migration] = &[Migration {
    version: 1,
    name: "answers",
    sql: "CREATE TABLE answers (id TEXT NOT NULL, attempt BIGINT NOT NULL, outcome TEXT NOT NULL);",
}];

/// What is asked of the world.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Say {
    text: String,
    /// So many tries fail.
    fails: u32,
    /// How.
    how: How,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
enum How {
    #[default]
    Retry,
    Dead,
    Unavailable,
    Panic,
    /// The answer comes, but it can't be written down.
    Unsettled,
    /// The answer comes when the world is told to go on.
    Late,
}

/// The outside world, and what it has seen.
#[derive(Clone, Default)]
struct World {
    /// (id, attempt), in order of their beginning.
    calls: Arc<Mutex<Vec<(String, u32)>>>,
    /// Keys that are being talked to.
    busy: Arc<Mutex<BTreeSet<String>>>,
    overlapped: Arc<AtomicBool>,
    go_on: Arc<Notify>,
    together: usize,
}

impl World {
    fn batched() -> Self {
        Self { together: 256, ..Self::default() }
    }

    fn calls(&self) -> Vec<(String, u32)> {
        self.calls.lock().expect("nobody panicked").clone()
    }

    fn calls_of(&self, id: &str) -> Vec<u32> {
        self.calls().into_iter().filter(|(called, _)| called == id).map(|(_, attempt)| attempt).collect()
    }
}

impl IntentHandler for World {
    type Call = Say;
    type Answer = String;
    const KIND: &'static str = "world";

    fn together(&self) -> usize {
        self.together
    }

    async fn call(&self, intent: &Intent<Say>) -> Result<String, Failure> {
        self.calls.lock().expect("nobody panicked").push((intent.id.clone(), intent.attempt));
        if !self.busy.lock().expect("nobody panicked").insert(intent.key.clone()) {
            self.overlapped.store(true, Ordering::SeqCst);
        }
        tokio::task::yield_now().await;
        if intent.call.how == How::Late && intent.attempt == 1 {
            self.go_on.notified().await;
        }
        self.busy.lock().expect("nobody panicked").remove(&intent.key);
        match intent.call.how {
            How::Unsettled | How::Late => {}
            _ if intent.attempt > intent.call.fails => {}
            How::Retry => return Err(Failure::retry("busy")),
            How::Dead => return Err(Failure::dead("never")),
            How::Panic => panic!("lost for words"),
            // Once only: it counts no attempt, so that the next is the first again.
            How::Unavailable if self.calls_of(&intent.id).len() > 1 => {}
            How::Unavailable => return Err(Failure::Unavailable { error: "away".to_owned() }),
        }
        Ok(intent.call.text.clone())
    }

    async fn settle(&self, intent: &Intent<Say>, answer: &String, work: &mut Work) -> Outcome {
        put(work, intent, answer).await?;
        if intent.call.how == How::Unsettled && intent.attempt <= intent.call.fails {
            return Err(Failure::retry("no room for it"));
        }
        work.emit(&intent.cause, &StockRestocked { product_id: intent.key.clone(), quantity: 1, ..Default::default() });
        Ok(Done)
    }

    async fn give_up(&self, intent: &Intent<Say>, error: &str, work: &mut Work) -> Outcome {
        put(work, intent, &format!("given up: {error}")).await?;
        Ok(Done)
    }
}

async fn put(work: &mut Work, intent: &Intent<Say>, outcome: &str) -> Result<(), StoreError> {
    let sql = "INSERT INTO answers (id, attempt, outcome) VALUES ($1, $2, $3)";
    work.execute(sql, params![&intent.id, intent.attempt, outcome]).await.map(|_| ())
}

/// A store with an executor or two beside it.
struct Desk {
    store: Store,
    broker: Arc<dyn Broker>,
    /// Added to the machine's time, microseconds.
    ahead: Arc<AtomicI64>,
    stop: CancellationToken,
    executors: Vec<JoinHandle<()>>,
}

impl Desk {
    async fn open(rig: &Rig) -> Self {
        let ahead = Arc::new(AtomicI64::new(0));
        let (machine, offset) = (Clock::system(), ahead.clone());
        let clock = Clock::from_fn(move || machine.now_us() + offset.load(Ordering::SeqCst));
        let store = Store::open(&rig.place(), "orders", TABLES, clock).await.expect("store");
        let broker = Arc::new(NatsBroker::connect(Options::new(rig.nats.url(), "orders")).await.expect("broker"));
        Self { store, broker, ahead, stop: CancellationToken::new(), executors: Vec::new() }
    }

    fn run(&mut self, world: &World) {
        let policy = Policy { waits: vec![Duration::from_millis(20)], prefetch: 64, ..Policy::outside() };
        let setup = IntentSetup { store: self.store.clone(), broker: self.broker.clone(), policy, timeout: Duration::from_secs(30) };
        self.executors.push(tokio::spawn(intents::start(setup, world.clone(), self.stop.clone())));
    }

    async fn plan(&self, planned: Vec<Planned<Say>>) {
        let written = self.store.write::<_, StoreError, _>(move |work| Box::pin(async move { intend_all::<World>(work, &planned).await }));
        written.await.expect("written down");
    }

    async fn answers(&self) -> Vec<(String, u32, String)> {
        let rows = self.store.rows("SELECT id, attempt, outcome FROM answers", params![]).await.expect("answers");
        let read = |row: &store::Row| Ok::<_, StoreError>((row.get("id")?, row.get("attempt")?, row.get("outcome")?));
        rows.iter().map(|row| read(row).expect("an answer")).collect()
    }

    async fn count(&self, sql: &str) -> i64 {
        self.store.row(sql, params![]).await.expect("count").expect("row").get("count").expect("count")
    }

    /// Nothing is left to be done.
    async fn done(&self) {
        eventually(SOON, async || (self.count("SELECT COUNT(*) AS count FROM intents").await == 0).then_some(())).await;
    }

    async fn close(self) {
        self.stop.cancel();
        for executor in self.executors {
            executor.await.expect("an orderly end");
        }
        self.store.close().await;
    }
}

fn planned(id: &str, key: &str, call: Say) -> Planned<Say> {
    let call = Say { text: format!("hello {id}"), ..call };
    let cause = Cause { correlation_id: "conversation".into(), causation_id: format!("cause-of-{id}"), ..Cause::default() };
    Planned { id: id.into(), key: key.into(), call, cause }
}

fn many(count: usize) -> Vec<Planned<Say>> {
    (0..count).map(|n| planned(&format!("i-{n}"), &format!("k-{n}"), Say::default())).collect()
}

async fn once_each(desk: &Desk, world: &World, count: usize) {
    desk.done().await;
    let mut answers = desk.answers().await;
    answers.sort();
    let mut expected: Vec<_> = (0..count).map(|n| (format!("i-{n}"), 1, format!("hello i-{n}"))).collect();
    expected.sort();
    assert_eq!(answers, expected);
    assert_eq!(world.calls().len(), count);
    let events = desk.count("SELECT COUNT(*) AS count FROM events WHERE type = 'inventory.restocked'").await;
    assert_eq!(events, i64::try_from(count).expect("few"), "with what follows from it");
}

async fn every_call_is_made_and_written_down_once(rig: Rig) {
    let (mut desk, world) = (Desk::open(&rig).await, World::batched());
    desk.run(&world);
    for part in many(700).chunks(350) {
        desk.plan(part.to_vec()).await;
    }
    once_each(&desk, &world, 700).await;
    desk.close().await;
}

async fn one_by_one_they_are_written_down_as_well(rig: Rig) {
    let (mut desk, world) = (Desk::open(&rig).await, World::default());
    desk.plan(many(100)).await;
    desk.run(&world);
    once_each(&desk, &world, 100).await;
    desk.close().await;
}

async fn many_answers_share_their_units_of_work(rig: Rig) {
    let (mut desk, world) = (Desk::open(&rig).await, World::batched());
    desk.plan(many(640)).await;
    let before = desk.store.commits();
    desk.run(&world);
    once_each(&desk, &world, 640).await;
    let commits = desk.store.commits() - before;
    assert!(commits <= 320, "{commits} commits for 640 calls, each leased and settled");
    desk.close().await;
}

async fn calls_of_one_key_are_made_in_order_and_one_at_a_time(rig: Rig) {
    let (mut desk, world) = (Desk::open(&rig).await, World::batched());
    desk.run(&world);
    // Of three keys, some in one batch and some alone, and some of them fail at first.
    let call = |n: u32| Say { fails: u32::from(n % 7 == 3), ..Say::default() };
    let all: Vec<_> = (0..60).map(|n: u32| planned(&format!("i-{n:02}"), &format!("k-{}", n % 3), call(n))).collect();
    for part in all.chunks(13) {
        desk.plan(part.to_vec()).await;
    }
    desk.done().await;
    assert!(!world.overlapped.load(Ordering::SeqCst));
    let mut by_key: HashMap<u32, Vec<String>> = HashMap::new();
    for (id, _) in world.calls() {
        let n: u32 = id["i-".len()..].parse().expect("a number");
        by_key.entry(n % 3).or_default().push(id);
    }
    for made in by_key.values() {
        assert!(made.is_sorted(), "{made:?}");
    }
    assert_eq!(desk.answers().await.len(), 60);
    desk.close().await;
}

async fn the_same_id_is_the_same_call(rig: Rig) {
    let (mut desk, world) = (Desk::open(&rig).await, World::batched());
    desk.plan(vec![planned("i-0", "k-0", Say::default()), planned("i-0", "k-0", Say::default())]).await;
    let again = planned("i-0", "k-0", Say { fails: 9, ..Say::default() });
    let written = desk.store.write::<_, StoreError, _>(move |work| {
        Box::pin(async move { intend::<World>(work, &again.id, &again.key, &again.call, &again.cause).await })
    });
    written.await.expect("written down");
    desk.run(&world);
    once_each(&desk, &world, 1).await;
    desk.close().await;
}

async fn a_second_try_knows_that_it_is_one(rig: Rig) {
    let (mut desk, world) = (Desk::open(&rig).await, World::batched());
    desk.plan(vec![planned("i-0", "k-0", Say { fails: 2, ..Say::default() })]).await;
    desk.run(&world);
    desk.done().await;
    assert_eq!(world.calls_of("i-0"), [1, 2, 3], "from the second on it can ask what became of the first");
    assert_eq!(desk.answers().await, [("i-0".to_owned(), 3, "hello i-0".to_owned())]);
    assert_eq!(desk.count("SELECT COUNT(*) AS count FROM dead_letters").await, 0);
    desk.close().await;
}

async fn what_is_exhausted_is_a_dead_letter_and_given_up(rig: Rig) {
    let (mut desk, world) = (Desk::open(&rig).await, World::batched());
    let mut all = many(20);
    all.push(planned("bad", "k-bad", Say { fails: 99, ..Say::default() }));
    all.push(planned("behind", "k-bad", Say::default()));
    desk.broker.ensure(&streams()[DEAD]).await.expect("a stream");
    desk.plan(all).await;
    desk.run(&world);
    desk.done().await;
    assert_eq!(world.calls_of("bad"), [1, 2, 3, 4]);
    let answers = desk.answers().await;
    assert!(answers.contains(&("bad".into(), 4, "given up: busy".into())), "{answers:?}");
    assert!(answers.contains(&("behind".into(), 1, "hello behind".into())), "what was behind it goes on: {answers:?}");
    assert_eq!(answers.len(), 22);
    let row = desk.store.row("SELECT event_id, consumer, reason, history FROM dead_letters", params![]).await.expect("one").expect("one");
    let text = |column: &str| row.get::<String>(column).expect("a text");
    assert_eq!((text("event_id"), text("consumer"), text("reason")), ("bad".into(), "orders-world".into(), "exhausted".into()));
    assert_eq!(text("history").matches("busy").count(), 4);
    assert_eq!(desk.count("SELECT COUNT(*) AS count FROM events WHERE type = 'system.error'").await, 1);
    let announced = async || desk.broker.state(DEAD).await.ok()??.messages.eq(&1).then_some(());
    eventually(SOON, announced).await;
    desk.close().await;
}

async fn what_is_refused_for_good_is_not_tried_again(rig: Rig) {
    let (mut desk, world) = (Desk::open(&rig).await, World::batched());
    desk.plan(vec![planned("bad", "k", Say { fails: 99, how: How::Dead, ..Say::default() })]).await;
    desk.run(&world);
    desk.done().await;
    assert_eq!(world.calls_of("bad"), [1]);
    assert_eq!(desk.answers().await, [("bad".to_owned(), 1, "given up: never".to_owned())]);
    assert_eq!(desk.count("SELECT COUNT(*) AS count FROM dead_letters WHERE reason = 'rejected'").await, 1);
    desk.close().await;
}

async fn a_world_that_is_away_costs_no_attempt(rig: Rig) {
    let (mut desk, world) = (Desk::open(&rig).await, World::batched());
    desk.plan(vec![planned("i-0", "k-0", Say { fails: 1, how: How::Unavailable, ..Say::default() })]).await;
    desk.run(&world);
    desk.done().await;
    assert_eq!(world.calls_of("i-0"), [1, 1]);
    assert_eq!(desk.answers().await, [("i-0".to_owned(), 1, "hello i-0".to_owned())]);
    desk.close().await;
}

async fn an_answer_that_cannot_be_written_down_does_not_take_the_others_along(rig: Rig) {
    let (mut desk, world) = (Desk::open(&rig).await, World::batched());
    let mut all = many(30);
    all.insert(15, planned("bad", "k-bad", Say { fails: 1, how: How::Unsettled, ..Say::default() }));
    desk.plan(all).await;
    desk.run(&world);
    desk.done().await;
    let answers = desk.answers().await;
    assert_eq!(answers.len(), 31, "each once: {answers:?}");
    assert!(answers.contains(&("bad".into(), 2, "hello bad".into())), "{answers:?}");
    assert_eq!(world.calls().len(), 32, "only the one was called again");
    assert_eq!(desk.count("SELECT COUNT(*) AS count FROM events").await, 31);
    desk.close().await;
}

async fn a_lease_survives_a_kill(rig: Rig) {
    let (mut desk, world) = (Desk::open(&rig).await, World::batched());
    desk.plan(vec![planned("late", "k-late", Say { how: How::Late, ..Say::default() })]).await;
    desk.run(&world);
    eventually(SOON, async || (world.calls_of("late") == [1]).then_some(())).await;
    // As near to a kill as it gets within a process: the call ends where it is.
    let killed = desk.executors.pop().expect("one");
    killed.abort();
    let _ = killed.await;

    // Another process: it does everything else, and this not before the lease has run out.
    desk.run(&world);
    desk.plan(vec![planned("i-0", "k-0", Say::default())]).await;
    eventually(SOON, async || (desk.answers().await.len() == 1).then_some(())).await;
    assert_eq!(world.calls_of("late"), [1]);
    desk.ahead.fetch_add(36_000_000, Ordering::SeqCst);
    desk.done().await;
    assert_eq!(world.calls_of("late"), [1, 2], "it knows that there was a first");
    assert_eq!(desk.answers().await.len(), 2);
    desk.close().await;
}

async fn an_answer_that_comes_too_late_is_nobodys(rig: Rig) {
    let (mut desk, world) = (Desk::open(&rig).await, World::batched());
    desk.plan(vec![planned("late", "k-late", Say { how: How::Late, ..Say::default() })]).await;
    desk.run(&world);
    eventually(SOON, async || (world.calls_of("late") == [1]).then_some(())).await;
    // The process sleeps beyond its lease; another makes the call.
    desk.run(&world);
    desk.ahead.fetch_add(36_000_000, Ordering::SeqCst);
    desk.done().await;
    assert_eq!(world.calls_of("late"), [1, 2]);
    world.go_on.notify_waiters();
    desk.plan(vec![planned("i-0", "k-0", Say::default())]).await;
    desk.done().await;
    let mut answers = desk.answers().await;
    answers.sort();
    assert_eq!(answers, [("i-0".to_owned(), 1, "hello i-0".to_owned()), ("late".to_owned(), 2, "hello late".to_owned())]);
    desk.close().await;
}
