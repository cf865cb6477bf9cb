//! Sagas in a store: what a transition does commits together, on SQLite and on Postgres.

use messaging::Cause;
use saga::durable::{self, Conduct, Durable, Stored};
use saga::{Action, Input, Ledger, State, Timer};
use store::{Clock, Place, Store, StoreError, Work, params, timers};
use testkit::Database;
use testkit::sample::inventory::v1::{ReleaseStock, ReserveStock};

use crate::given::{SECOND, order};

testkit::on_both_databases! {
    a_start_is_ledger_command_and_timers_together
    what_fails_leaves_nothing
    a_step_of_its_own_is_fed_back_at_once
    one_timer_row_serves_step_after_step_and_is_gone_at_the_end
    an_ignored_input_writes_nothing
    a_saga_that_was_moved_by_someone_else_is_a_conflict
    a_failed_undo_is_raised
    a_timer_that_fires_long_after_its_time_gives_the_answer_more_time
    what_follows_from_a_timer_has_ids_of_its_own
    sagas_are_listed_by_state_the_last_moved_first
}

const CONSUMER: &str = "orders-saga";

/// Asks inventory for everything; confirms by itself.
struct Asks;

impl Conduct for Asks {
    type Data = u32;

    async fn act(
        &self,
        action: &Action,
        ledger: &Ledger,
        asked: &mut u32,
        cause: &Cause,
        work: &mut Work,
    ) -> Result<Option<Input>, StoreError> {
        let order_id = ledger.saga_id.clone();
        match action {
            Action::Do { step, .. } if step == "confirm" => return Ok(Some(Input::done("confirm"))),
            Action::Do { .. } => {
                *asked += 1;
                work.emit(cause, &ReserveStock { order_id });
            }
            Action::Undo { .. } => work.emit(cause, &ReleaseStock { order_id, ..ReleaseStock::default() }),
            _ => {}
        }
        Ok(None)
    }

    fn keep(&self, asked: &u32) -> Vec<u8> {
        asked.to_string().into_bytes()
    }
}

struct Home {
    store: Store,
    _folder: tempfile::TempDir,
    _database: Database,
}

async fn home(database: Database) -> Home {
    let folder = tempfile::tempdir().unwrap();
    let place = match &database {
        Database::Sqlite => Place::Sqlite { folder: folder.path().to_owned() },
        Database::Postgres(database) => Place::Postgres { url: database.url(), prefix: String::new() },
    };
    let store = Store::open(&place, "orders", &[], Clock::from_fn(|| SECOND)).await.unwrap();
    Home { store, _folder: folder, _database: database }
}

fn sagas() -> Durable<Asks> {
    Durable::new(order(), CONSUMER, Asks).unwrap()
}

fn cause() -> Cause {
    Cause { correlation_id: "c".into(), causation_id: "cause".into(), actor: CONSUMER.into(), ..Cause::default() }
}

impl Home {
    async fn start(&self, id: &'static str) {
        let started = self
            .store
            .write::<_, StoreError, _>(move |work| Box::pin(async move { sagas().start(id, &mut 0, &cause(), work).await.map(|_| ()) }));
        started.await.unwrap();
    }

    async fn feed(&self, id: &'static str, inputs: Vec<Input>) {
        for (at, input) in inputs.into_iter().enumerate() {
            let cause = Cause { causation_id: format!("{at}"), ..cause() };
            self.feed_for(id, input, cause).await;
        }
    }

    async fn feed_for(&self, id: &'static str, input: Input, cause: Cause) {
        let fed = self.store.write::<_, StoreError, _>(move |work| {
            Box::pin(async move {
                let mut saga = durable::load(id, work).await?.expect("a saga");
                sagas().feed(&mut saga, &mut 7, input, &cause, work).await
            })
        });
        fed.await.unwrap();
    }

    async fn saga(&self, id: &str) -> Option<Stored> {
        durable::find(&self.store, id).await.unwrap()
    }

    async fn timers(&self) -> Vec<(String, String)> {
        let due = timers::due(&self.store, CONSUMER, i64::MAX, 100).await.unwrap();
        due.into_iter().map(|timer| (timer.id, timer.payload)).collect()
    }

    /// (type, id) of everything in the log, in order.
    async fn log(&self) -> Vec<(String, String)> {
        let rows = self.store.rows("SELECT type, id FROM events ORDER BY seq", params![]).await.unwrap();
        rows.iter().map(|row| (row.get("type").unwrap(), row.get("id").unwrap())).collect()
    }

    async fn types(&self) -> Vec<String> {
        self.log().await.into_iter().map(|(type_, _)| type_).collect()
    }
}

fn texts(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(one, other)| ((*one).to_owned(), (*other).to_owned())).collect()
}

async fn a_start_is_ledger_command_and_timers_together(database: Database) {
    let home = home(database).await;
    home.start("o-1").await;
    let saga = home.saga("o-1").await.unwrap();
    assert_eq!((saga.ledger.state, saga.ledger.version, saga.data.as_slice()), (State::Running, 1, b"1".as_slice()));
    assert_eq!(home.types().await, ["inventory.reserve"]);
    assert_eq!(home.timers().await, texts(&[("o-1/step", "do/reserve/1"), ("o-1/saga", "saga")]));
}

async fn what_fails_leaves_nothing(database: Database) {
    let home = home(database).await;
    let failed = home.store.write::<(), StoreError, _>(|work| {
        Box::pin(async move {
            sagas().start("o-1", &mut 0, &cause(), work).await?;
            Err(StoreError::Refused("no".into()))
        })
    });
    failed.await.unwrap_err();
    assert_eq!(home.saga("o-1").await, None);
    assert!(home.log().await.is_empty() && home.timers().await.is_empty());
}

async fn a_step_of_its_own_is_fed_back_at_once(database: Database) {
    let home = home(database).await;
    home.start("o-1").await;
    home.feed("o-1", ["reserve", "charge", "ship"].map(Input::done).to_vec()).await;
    let saga = home.saga("o-1").await.unwrap();
    assert_eq!(saga.ledger.state, State::Completed);
    assert_eq!(home.types().await, ["inventory.reserve"; 3]);
}

async fn one_timer_row_serves_step_after_step_and_is_gone_at_the_end(database: Database) {
    let home = home(database).await;
    home.start("o-1").await;
    home.feed("o-1", vec![Input::done("reserve")]).await;
    assert_eq!(home.timers().await, texts(&[("o-1/step", "do/charge/1"), ("o-1/saga", "saga")]));
    home.feed("o-1", vec![Input::failed("charge", "declined", "no")]).await;
    assert_eq!(home.timers().await, texts(&[("o-1/step", "undo/reserve/1")]));
    home.feed("o-1", vec![Input::undone("reserve")]).await;
    assert!(home.timers().await.is_empty());
    assert_eq!(home.saga("o-1").await.unwrap().ledger.state, State::Compensated);
}

async fn an_ignored_input_writes_nothing(database: Database) {
    let home = home(database).await;
    home.start("o-1").await;
    let before = (home.saga("o-1").await, home.log().await, home.timers().await);
    home.feed("o-1", vec![Input::done("charge"), Input::undone("reserve"), Input::Retry]).await;
    assert_eq!((home.saga("o-1").await, home.log().await, home.timers().await), before);
}

async fn a_saga_that_was_moved_by_someone_else_is_a_conflict(database: Database) {
    let home = home(database).await;
    home.start("o-1").await;
    let mut stale = home.saga("o-1").await.unwrap();
    home.feed("o-1", vec![Input::done("reserve")]).await;
    let moved = home.store.write::<bool, StoreError, _>(|work| {
        Box::pin(async move { sagas().feed(&mut stale, &mut 0, Input::cancel("late"), &cause(), work).await })
    });
    assert!(moved.await.unwrap_err().is_conflict());
    assert_eq!(home.saga("o-1").await.unwrap().ledger.state, State::Running);
}

async fn a_failed_undo_is_raised(database: Database) {
    let home = home(database).await;
    home.start("o-1").await;
    let way = vec![Input::done("reserve"), Input::failed("charge", "declined", "no money"), Input::undo_failed("reserve", "stuck")];
    home.feed("o-1", way).await;
    assert_eq!(home.saga("o-1").await.unwrap().ledger.state, State::CompensationFailed);
    assert_eq!(home.types().await.last().unwrap(), "system.error");
    home.feed("o-1", vec![Input::Retry, Input::undone("reserve")]).await;
    assert_eq!(home.saga("o-1").await.unwrap().ledger.state, State::Compensated);
}

async fn a_timer_that_fires_long_after_its_time_gives_the_answer_more_time(database: Database) {
    let home = home(database).await;
    home.start("o-1").await;
    let on_time = timers::due(&home.store, CONSUMER, i64::MAX, 1).await.unwrap().remove(0);
    let fire = async |due_us: i64| {
        let timer = timers::Timer { due_us, ..on_time.clone() };
        let fired =
            home.store.write::<_, StoreError, _>(move |work| Box::pin(async move { sagas().fired(&timer, work).await })).await.unwrap();
        (fired, timers::due(&home.store, CONSUMER, i64::MAX, 1).await.unwrap().remove(0).due_us)
    };
    let step = Timer::Do { step: "reserve".into(), attempt: 1 };
    assert_eq!(fire(SECOND).await, (Some(Input::TimerFired { timer: step }), on_time.due_us));
    assert_eq!(fire(-60 * SECOND).await, (None, 11 * SECOND), "ten seconds from now");
}

async fn what_follows_from_a_timer_has_ids_of_its_own(database: Database) {
    let home = home(database).await;
    home.start("o-1").await;
    home.feed("o-1", vec![Input::done("reserve")]).await;
    let timer = timers::due(&home.store, CONSUMER, i64::MAX, 1).await.unwrap().remove(0);
    home.feed_for("o-1", Input::TimerFired { timer: timer.payload.parse().unwrap() }, timer.cause).await;
    let log = home.log().await;
    let ids: std::collections::BTreeSet<&String> = log.iter().map(|(_, id)| id).collect();
    assert_eq!((log.len(), ids.len()), (3, 3), "{log:?}");
}

async fn sagas_are_listed_by_state_the_last_moved_first(database: Database) {
    let home = home(database).await;
    for id in ["o-1", "o-2", "o-3"] {
        home.start(id).await;
    }
    home.feed("o-2", ["reserve", "charge", "ship"].map(Input::done).to_vec()).await;
    let list = async |state, before| {
        let found = durable::list(&home.store, "order", state, before, 10).await.unwrap();
        found.into_iter().map(|saga| saga.ledger.saga_id).collect::<Vec<_>>()
    };
    assert_eq!(list(State::Running, None).await, ["o-3", "o-1"]);
    assert_eq!(list(State::Running, Some((SECOND, "o-3"))).await, ["o-1"]);
    assert_eq!(list(State::Completed, None).await, ["o-2"]);
}
