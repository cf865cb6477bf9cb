//! SQLite's own troubles: a file has one process, and a disk has an end.

use std::path::PathBuf;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Executor as _};
use store::{Clock, Place, Store, StoreError, params};

use super::home::Home;
use super::notes::{Held, NOTES, accept, because_of, jot, jotted, logged, noted};

fn file(home: &Home) -> PathBuf {
    match home.place() {
        Place::Sqlite { folder } => folder.join("notes.db"),
        Place::Postgres { .. } => unreachable!("for SQLite only"),
    }
}

/// FULL: the WAL is synced at each commit. A power cut can't be had here; that it was asked for can.
pub async fn commits_are_flushed(home: Home) {
    let store = home.open().await;
    let settings = store.write::<_, StoreError, _>(|work| {
        Box::pin(async move {
            let synchronous: i64 = work.row("PRAGMA synchronous", params![]).await?.expect("a row").get("synchronous")?;
            let journal: String = work.row("PRAGMA journal_mode", params![]).await?.expect("a row").get("journal_mode")?;
            Ok((synchronous, journal))
        })
    });
    assert_eq!(settings.await.unwrap(), (2, "wal".to_owned()));
}

/// Within the process, too: a second store would number by itself.
pub async fn a_file_serves_one_process(home: Home) {
    let store = home.open().await;
    let refused = home.try_open(NOTES, Clock::system()).await.err().unwrap();
    let name = file(&home).display().to_string();
    assert!(
        matches!(&refused, StoreError::Unavailable(text) if text.contains(&name) && text.contains("in use by another process")),
        "{refused}"
    );
    accept(&store, "a").await.unwrap();
    let other = Store::open(home.place(), "pads", NOTES, Clock::system()).await;
    assert!(other.is_ok(), "another service has another file");
    store.close().await;
    assert_eq!(jotted(&home.open().await).await, ["a"]);
}

/// Until it lets go.
pub async fn a_file_that_another_program_locks_makes_it_unavailable(home: Home) {
    let store = home.open().await;
    accept(&store, "a").await.unwrap();
    let mut other = SqliteConnectOptions::new().filename(file(&home)).connect().await.unwrap();
    other.execute("BEGIN IMMEDIATE").await.unwrap();
    let refused = accept(&store, "b").await;
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
    assert_eq!(jotted(&store).await, ["a"], "reading goes on");
    other.execute("ROLLBACK").await.unwrap();
    accept(&store, "c").await.unwrap();
    assert_eq!(jotted(&store).await, ["a", "c"]);
    assert_eq!(logged(&store).await.len(), 2);
}

/// Lets the file grow by this many pages at most.
async fn room(store: &Store, pages: i64) {
    let work = store.write::<(), StoreError, _>(move |work| {
        Box::pin(async move {
            let now: i64 = work.row("SELECT page_count FROM pragma_page_count()", params![]).await?.expect("a row").get("page_count")?;
            work.rows(&format!("PRAGMA max_page_count = {}", now + pages), params![]).await.map(|_| ())
        })
    });
    work.await.unwrap();
}

/// A message too large for what is left.
async fn large(store: &Store, key: &'static str) -> Result<(), StoreError> {
    let work = store.write(move |work| {
        Box::pin(async move {
            jot(work, key).await?;
            work.emit(&because_of(key), &noted(key, "x".repeat(400_000)));
            Ok(())
        })
    });
    work.await
}

/// Small things may still fit.
pub async fn a_full_disk_makes_it_unavailable_until_there_is_room(home: Home) {
    let store = home.open().await;
    room(&store, 20).await;
    let refused = large(&store, "large").await;
    assert!(matches!(&refused, Err(StoreError::Unavailable(text)) if text.contains("full")), "{refused:?}");
    assert!(jotted(&store).await.is_empty());
    accept(&store, "small").await.unwrap();
    room(&store, 10_000).await;
    large(&store, "large").await.unwrap();
    assert_eq!(jotted(&store).await, ["large", "small"]);
    assert_eq!(logged(&store).await.len(), 2);
}

/// Callers of the same commit are told done or not done, and that is what the disk says; whom another one's row was in the way of, too.
pub async fn a_full_disk_takes_nobody_else_s_answer_for_granted(home: Home) {
    let store = home.open().await;
    room(&store, 20).await;
    let held = Held::begin(&store, "held").await;
    let mut before = Box::pin(accept(&store, "before"));
    let mut refused = Box::pin(accept(&store, "held"));
    let mut full = Box::pin(large(&store, "full"));
    let mut after = Box::pin(accept(&store, "later"));
    for caller in [futures::poll!(&mut before), futures::poll!(&mut refused), futures::poll!(&mut full), futures::poll!(&mut after)] {
        assert!(caller.is_pending());
    }
    let held = held.finish().await;
    let answers = [("held", held), ("before", before.await), ("again", refused.await), ("full", full.await), ("later", after.await)];
    assert!(answers[..4].iter().all(|(_, answer)| matches!(answer, Err(StoreError::Unavailable(_)))), "{answers:?}");
    let mut accepted: Vec<&str> = answers.iter().filter(|(_, answer)| answer.is_ok()).map(|(id, _)| *id).collect();
    accepted.sort_unstable();
    assert_eq!(jotted(&store).await, accepted);
    assert_eq!(logged(&store).await.len(), accepted.len());
}
