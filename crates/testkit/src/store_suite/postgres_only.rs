//! Postgres' own troubles: several processes, and a server that can go away.

use futures::future::join_all;
use messaging::Cause;
use store::{Clock, Place, Store, StoreError, params, positions};

use super::consumers::step;
use super::home::Home;
use super::notes::{Held, NOTES, accept, emit, jotted, logged, noted, persist, until};
use crate::postgres::PostgresServer;

/// `off` would lose what was answered; what is stronger than `on` is left alone.
pub async fn commits_are_flushed_also_where_the_database_says_otherwise(home: Home) {
    for (says, expected) in [("off", "on"), ("remote_apply", "remote_apply")] {
        let store = home.open().await;
        let sql = format!("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = {says}', current_database()); END $$");
        store.write::<_, StoreError, _>(move |work| Box::pin(async move { work.execute(&sql, params![]).await })).await.unwrap();
        store.close().await;
        let row = home.open().await.row("SELECT current_setting('synchronous_commit') AS setting", params![]).await.unwrap();
        assert_eq!(row.unwrap().get::<String>("setting").unwrap(), expected);
    }
}

/// On an empty database, all making schema and tables.
pub async fn several_processes_open_the_same_schema_at_once(home: Home) {
    let stores = join_all((0..6).map(|_| home.try_open(NOTES, Clock::system()))).await;
    for (at, store) in stores.into_iter().enumerate() {
        accept(&store.unwrap(), &format!("store-{at}")).await.unwrap();
    }
    assert_eq!(jotted(&home.open().await).await.len(), 6);
}

/// They meet in conflicts, never in a lost or doubled version.
pub async fn processes_that_append_to_one_key_lose_nothing(home: Home) {
    let stores = [home.open().await, home.open().await, home.open().await];
    join_all(stores.iter().map(|store| async move {
        for _ in 0..20 {
            persist(async || emit(store, &["k", "k"]).await).await;
        }
    }))
    .await;
    let mut versions = versions(&stores[0]).await;
    assert!(versions.is_sorted(), "a later version has a later sequence: {versions:?}");
    versions.dedup();
    assert_eq!(versions, (1..=120).collect::<Vec<_>>());
}

/// Emits under a key whose row it holds until the commit, as services do.
async fn in_turn(store: &Store, text: usize) -> Result<(), StoreError> {
    let write = store.write(move |work| {
        Box::pin(async move {
            work.row("SELECT id FROM notes WHERE id = 'k' FOR UPDATE", params![]).await?;
            work.emit(&Cause::root("talk"), &noted("k", text));
            work.flush().await?;
            // Some change their mind.
            if text.is_multiple_of(5) { Err(StoreError::Refused("never mind".to_owned())) } else { Ok(()) }
        })
    });
    write.await
}

/// What one of them remembers of a key's versions, the next one may use.
pub async fn callers_who_wait_their_turn_meet_no_conflict(home: Home) {
    let store = home.open().await;
    accept(&store, "k").await.unwrap();
    let callers = join_all((0..16).map(|caller| {
        let store = &store;
        async move {
            for text in 0..20 {
                match in_turn(store, caller + text).await {
                    Ok(()) | Err(StoreError::Refused(_)) => {}
                    Err(error) => panic!("{error}"),
                }
            }
        }
    }));
    callers.await;
    assert_eq!(versions(&store).await, (1..=1 + 16 * 16).collect::<Vec<_>>());
}

/// What each remembers is wrong when the other had its turn.
pub async fn processes_that_take_turns_at_a_key_meet_no_conflict(home: Home) {
    let stores = [home.open().await, home.open().await];
    for version in 1..=40_u64 {
        emit(&stores[usize::from(version % 4 < 2)], &["k"]).await.unwrap();
    }
    assert_eq!(versions(&stores[0]).await, (1..=40).collect::<Vec<_>>());
}

/// As after a change to a standby that was behind: all connections are new ones.
pub async fn versions_that_the_server_lost_are_given_again(home: Home) {
    let (store, other) = (home.open().await, home.open().await);
    let lose = async |terminate: &'static str| {
        let lose = other.write::<(), StoreError, _>(move |work| {
            Box::pin(async move {
                work.execute("DELETE FROM events WHERE version > 3", params![]).await?;
                work.rows(terminate, params![]).await.map(|_| ())
            })
        });
        lose.await.unwrap();
    };
    for _ in 0..5 {
        emit(&store, &["k"]).await.unwrap();
    }
    lose("SELECT 1").await;
    emit(&store, &["k"]).await.unwrap();
    assert_eq!(versions(&store).await, [1, 2, 3, 6], "it does remember");
    lose(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
         WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'",
    )
    .await;
    emit(&store, &["k"]).await.unwrap();
    assert_eq!(versions(&store).await, [1, 2, 3, 4]);
}

/// The server's process behind the connection of a unit of work that lasts some milliseconds.
async fn process(store: &Store, seconds: f64) -> i64 {
    let work = store.write::<_, StoreError, _>(move |work| {
        Box::pin(
            async move { work.row("SELECT pg_backend_pid()::bigint AS pid FROM (SELECT pg_sleep($1)) AS slept", params![seconds]).await },
        )
    });
    work.await.unwrap().unwrap().get("pid").unwrap()
}

/// Each has a process and caches of its own in the server.
pub async fn the_connection_that_was_used_last_is_used_next(home: Home) {
    let store = home.open().await;
    join_all((0..6).map(|_| process(&store, 0.05))).await;
    let mut processes = Vec::new();
    for _ in 0..10 {
        processes.push(process(&store, 0.0).await);
        let read = store.row("SELECT pg_backend_pid()::bigint AS pid", params![]).await.unwrap().unwrap();
        processes.push(read.get("pid").unwrap());
    }
    processes.dedup();
    // One; on a machine that stands still for a second, another one behind it.
    assert!(processes.len() <= 3, "{processes:?}");
    tokio::time::timeout(std::time::Duration::from_secs(10), store.close()).await.unwrap();
    let refused = accept(&store, "closed").await;
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
}

/// Nobody tries a read again: it must not meet a connection that has died meanwhile.
pub async fn a_connection_that_was_not_used_for_a_while_is_tried_first(home: Home) {
    let (store, other) = (home.open().await, home.open().await);
    join_all((0..4).map(|_| process(&store, 0.05))).await;
    let rest = async || tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    let before = process(&store, 0.0).await;
    rest().await;
    assert_eq!(process(&store, 0.0).await, before, "it is used again where it is alive");
    let kill = other.write::<_, StoreError, _>(move |work| {
        Box::pin(async move {
            let others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                          WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'";
            work.rows(others, params![]).await.map(|_| ())
        })
    });
    kill.await.unwrap();
    rest().await;
    store.row("SELECT 1 AS one", params![]).await.unwrap();
}

/// Nobody keeps one that others wait for: who waits for long is refused.
pub async fn callers_who_wait_for_a_connection_get_one(home: Home) {
    let store = home.open().await;
    for _ in 0..3 {
        let mut processes = join_all((0..60).map(|_| process(&store, 0.02))).await;
        processes.sort_unstable();
        processes.dedup();
        assert!((2..=12).contains(&processes.len()), "{processes:?}");
    }
    tokio::time::timeout(std::time::Duration::from_secs(10), store.close()).await.unwrap();
}

/// Connections that are kept have nobody any more who could run their end.
pub async fn a_store_may_outlive_its_runtime(home: Home) {
    let place = home.place().clone();
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let store = runtime.block_on(async {
            let store = Store::open(&place, "notes", NOTES, Clock::system()).await.unwrap();
            accept(&store, "k").await.unwrap();
            store
        });
        drop(runtime);
        drop(store);
    });
    tokio::task::spawn_blocking(|| thread.join()).await.unwrap().unwrap();
}

/// Planning takes the server longer than running. The first five times it plans for the values that came, and then for any, if that looks no dearer.
pub async fn a_batch_of_one_is_not_planned_anew_each_time(home: Home) {
    let store = home.open().await;
    let mut plans: Vec<(String, i64, i64)> = Vec::new();
    for at in 0..20 {
        let work = store.write::<_, StoreError, _>(move |work| {
            Box::pin(async move {
                positions::first_seen(work, "mailer", &[format!("id-{at}")], None).await?;
                positions::advance(work, "mailer", &[step(0, at, at + 1)]).await?;
                work.emit(&Cause::root("talk"), &noted("k", at));
                work.flush().await?;
                let sql = "SELECT statement, custom_plans, generic_plans FROM pg_prepared_statements WHERE statement LIKE '%UNNEST%'";
                work.rows(sql, params![])
                    .await?
                    .iter()
                    .map(|row| Ok((row.get("statement")?, row.get("custom_plans")?, row.get("generic_plans")?)))
                    .collect()
            })
        });
        plans = work.await.unwrap();
    }
    for written in ["INTO events", "INTO positions", "INTO inbox", "INTO outbox"] {
        let (statement, custom, generic) = plans.iter().find(|(statement, ..)| statement.contains(written)).unwrap();
        assert!(*custom <= 5 && *generic > 5, "{custom} for the values, {generic} for any: {statement}");
    }
}

async fn versions(store: &Store) -> Vec<u64> {
    logged(store).await.into_iter().map(|(_, _, version)| version).collect()
}

/// A server of its own, killed with one work begun.
pub async fn a_server_that_dies_makes_it_unavailable_until_it_is_back(_: Home) {
    let mut server = tokio::task::spawn_blocking(PostgresServer::start).await.unwrap().unwrap();
    let place = Place::Postgres { url: server.url(), prefix: String::new() };
    let store = Store::open(&place, "notes", NOTES, Clock::system()).await.unwrap();
    join_all((0..8).map(|at| accept(&store, ["a", "b", "c", "d", "e", "f", "g", "h"][at]))).await.into_iter().for_each(Result::unwrap);
    let held = Held::begin(&store, "held").await;
    server.kill().unwrap();
    let refused = held.finish().await;
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
    let refused = accept(&store, "while it is away").await;
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
    let refused = store.rows("SELECT id FROM notes", params![]).await.map(|rows| rows.len());
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
    let mut server = tokio::task::spawn_blocking(move || server.restart().map(|()| server)).await.unwrap().unwrap();
    // The connections to the old server cost no caller its work.
    let keys: Vec<String> = (0..20).map(|at| format!("after-{at}")).collect();
    join_all(keys.iter().map(|key| accept(&store, key))).await.into_iter().for_each(Result::unwrap);
    until("it is read again", async || store.rows("SELECT id FROM notes", params![]).await.is_ok()).await;
    assert_eq!(jotted(&store).await.len(), 28);
    assert_eq!(logged(&store).await.len(), 28);
    assert!(!jotted(&store).await.contains(&"held".to_owned()));
    server.kill().unwrap();
}

/// Not as a time-out of the pool.
pub async fn a_server_that_is_not_there_is_said_with_its_reason(_: Home) {
    let port = provision::free_port().unwrap();
    let place = Place::Postgres { url: format!("postgres://ensue@127.0.0.1:{port}/postgres"), prefix: String::new() };
    let refused = Store::open(&place, "notes", NOTES, Clock::system()).await.err().unwrap();
    assert!(matches!(&refused, StoreError::Unavailable(text) if text.contains("refused")), "{refused}");
    let place = Place::Postgres { url: "nonsense".to_owned(), prefix: String::new() };
    assert!(matches!(Store::open(&place, "notes", NOTES, Clock::system()).await, Err(StoreError::Unavailable(_))));
}

/// `Notes` and `notes` would be one in one place and two in another.
pub async fn a_schema_name_that_would_be_folded_is_refused(home: Home) {
    let Place::Postgres { url, .. } = home.place().clone() else { unreachable!("for Postgres only") };
    for prefix in ["Test", "a b", "a\"b", "a,b", &"x".repeat(60)] {
        let place = Place::Postgres { url: url.clone(), prefix: prefix.to_owned() };
        let refused = Store::open(&place, "notes", NOTES, Clock::system()).await;
        assert!(matches!(refused, Err(StoreError::Refused(_))), "{prefix}");
    }
    let place = Place::Postgres { url, prefix: "with-dash_1".to_owned() };
    accept(&Store::open(&place, "notes", NOTES, Clock::system()).await.unwrap(), "a").await.unwrap();
}
