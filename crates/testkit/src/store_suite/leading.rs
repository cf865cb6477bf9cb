//! Numbering where several processes append: who leads numbers as it commits, and nothing overtakes what waits.

use std::time::Duration;

use futures::future::{join, join_all};
use store::{Store, StoreError, leases, log, params};
use tokio::time::timeout;

use super::fresh::{is_the_log, take};
use super::home::Home;
use super::notes::{STREAM, accept, because_of, emit, lead, noted, persist};
use super::numbering::sound_log;

async fn count(store: &Store, table: &str) -> i64 {
    let row = store.row(&format!("SELECT COUNT(*) AS count FROM {table}"), params![]).await.unwrap();
    row.unwrap().get("count").unwrap()
}

/// In the same transaction, with no round; who does not lead leaves it in the outbox.
pub async fn who_leads_numbers_what_it_commits(home: Home) {
    let (store, other) = (home.open().await, home.open().await);
    accept(&store, "before").await.unwrap();
    assert_eq!((count(&store, "outbox").await, count(&store, "publications").await), (1, 0));
    let mut relay = lead(&store).await;
    assert_eq!((count(&store, "outbox").await, count(&store, "publications").await), (0, 1));
    emit(&store, &["a", "b", "a"]).await.unwrap();
    assert_eq!((count(&store, "outbox").await, count(&store, "publications").await), (0, 4));
    accept(&other, "other").await.unwrap();
    assert_eq!((count(&store, "outbox").await, count(&store, "publications").await), (1, 4));
    relay.round().await.unwrap();
    is_the_log(&take(&store, &mut relay, 5).await, &store).await;
    drop(relay);
    accept(&store, "after").await.unwrap();
    assert_eq!(count(&store, "outbox").await, 1);
}

/// Otherwise consumers would apply the second version first.
pub async fn an_event_goes_behind_what_waits_of_its_key(home: Home) {
    let (store, other) = (home.open().await, home.open().await);
    let mut relay = lead(&store).await;
    emit(&other, &["k"]).await.unwrap();
    emit(&store, &["k"]).await.unwrap();
    assert_eq!((count(&store, "outbox").await, count(&store, "publications").await), (2, 0));
    relay.round().await.unwrap();
    emit(&store, &["k"]).await.unwrap();
    is_the_log(&take(&store, &mut relay, 3).await, &store).await;
    drop(relay);
    assert_eq!(sound_log(&store, STREAM).await.len(), 3);
}

/// It learns of that at its next commit, which is kept all the same.
pub async fn who_lost_the_lease_leaves_the_numbers_to_others(home: Home) {
    let (store, other) = (home.open().await, home.open().await);
    let mut relay = lead(&store).await;
    emit(&store, &["a"]).await.unwrap();
    let ended = store.write::<_, StoreError, _>(|work| Box::pin(leases::end_all(work)));
    ended.await.unwrap();
    let mut its = lead(&other).await;
    emit(&store, &["b"]).await.unwrap();
    assert_eq!((count(&store, "outbox").await, count(&store, "publications").await), (1, 1));
    assert!(matches!(relay.round().await, Err(StoreError::Fenced(_))));
    its.round().await.unwrap();
    emit(&other, &["c"]).await.unwrap();
    assert_eq!((count(&store, "outbox").await, count(&store, "publications").await), (0, 3));
    drop((relay, its));
    assert_eq!(sound_log(&store, STREAM).await.len(), 3);
}

/// A constraint that is looked at by COMMIT only.
pub async fn a_commit_that_fails_gives_its_numbers_back(home: Home) {
    let store = home.open().await;
    let late = "ALTER TABLE notes ADD CONSTRAINT late FOREIGN KEY (id) REFERENCES notes_allowed DEFERRABLE INITIALLY DEFERRED";
    for sql in ["CREATE TABLE notes_allowed (id TEXT PRIMARY KEY)", "INSERT INTO notes_allowed VALUES ('good'), ('better')", late] {
        store.write::<_, StoreError, _>(move |work| Box::pin(async move { work.execute(sql, params![]).await })).await.unwrap();
    }
    let mut relay = lead(&store).await;
    accept(&store, "good").await.unwrap();
    accept(&store, "bad").await.unwrap_err();
    // Nobody knows then what was given last: a round reads it again.
    accept(&store, "better").await.unwrap();
    assert_eq!((count(&store, "outbox").await, count(&store, "publications").await), (1, 1));
    relay.round().await.unwrap();
    emit(&store, &["last"]).await.unwrap();
    assert_eq!((count(&store, "outbox").await, count(&store, "publications").await), (0, 3));
    is_the_log(&take(&store, &mut relay, 3).await, &store).await;
    drop(relay);
    let keys: Vec<String> = sound_log(&store, STREAM).await.into_iter().map(|row| row.envelope.key).collect();
    assert_eq!(keys, ["good", "better", "last"]);
}

/// A commit whose end was not known came after all: its number is taken.
pub async fn a_number_that_is_taken_is_read_again(home: Home) {
    let store = home.open().await;
    let mut relay = lead(&store).await;
    emit(&store, &["a"]).await.unwrap();
    let late = "INSERT INTO publications (seq, stream, partition, position, event_seq) SELECT MAX(seq) + 1, 'ELSEWHERE', 0, 1, 0 FROM publications";
    store.write::<_, StoreError, _>(move |work| Box::pin(work.execute(late, params![]))).await.unwrap();
    assert!(emit(&store, &["b"]).await.unwrap_err().is_conflict());
    relay.round().await.unwrap();
    emit(&store, &["c"]).await.unwrap();
    assert_eq!((count(&store, "outbox").await, count(&store, "publications").await), (0, 3));
    is_the_log(&take(&store, &mut relay, 2).await, &store).await;
}

/// Nothing was given then: the next one is numbered as it is committed, and no number is left out.
pub async fn a_version_that_is_taken_takes_no_number(home: Home) {
    let store = home.open().await;
    let mut relay = lead(&store).await;
    emit(&store, &["k"]).await.unwrap();
    let late = store.write::<_, StoreError, _>(|work| {
        Box::pin(async move {
            work.emit_at(&because_of("x"), 1, &noted("k", "too late"));
            Ok(())
        })
    });
    assert!(late.await.unwrap_err().is_conflict());
    emit(&store, &["k"]).await.unwrap();
    assert_eq!((count(&store, "outbox").await, count(&store, "publications").await), (0, 2));
    is_the_log(&take(&store, &mut relay, 2).await, &store).await;
    drop(relay);
    assert_eq!(sound_log(&store, STREAM).await.len(), 2);
}

/// What was appended in between is numbered with what is said last.
pub async fn what_was_flushed_before_is_numbered_with_the_rest(home: Home) {
    let store = home.open().await;
    let mut relay = lead(&store).await;
    let written = store.write::<_, StoreError, _>(|work| {
        Box::pin(async move {
            work.emit(&because_of("x"), &noted("a", "first"));
            work.flush().await?;
            work.emit(&because_of("x"), &noted("b", "second"));
            Ok(())
        })
    });
    written.await.unwrap();
    assert_eq!((count(&store, "outbox").await, count(&store, "publications").await), (0, 2));
    is_the_log(&take(&store, &mut relay, 2).await, &store).await;
}

/// More than is worth holding in memory is left in the store, and that is said.
pub async fn a_backlog_of_another_process_is_left_to_be_read(home: Home) {
    let (store, other) = (home.open().await, home.open().await);
    let mut relay = lead(&store).await;
    let keys: Vec<String> = (0..2_500).map(|key| format!("key-{key}")).collect();
    emit(&other, &keys.iter().map(String::as_str).collect::<Vec<_>>()).await.unwrap();
    relay.round().await.unwrap();
    assert!(store.fresh().missed_some());
    let handed = take(&store, &mut relay, 500).await;
    assert_eq!((handed.len(), log::after(&store, STREAM, 0, 10_000).await.unwrap().len()), (500, 2_500));
}

/// Some numbered as they are committed, some in rounds, some another process's; a third of them taken back.
pub async fn what_two_processes_append_at_once_comes_in_the_order_of_the_log(home: Home) {
    let (store, other) = (&home.open().await, &home.open().await);
    let mut relay = lead(store).await;
    let caller = |caller: usize| async move {
        let store = if caller.is_multiple_of(4) { other } else { store };
        for round in 0..30 {
            let (own, shared) = (format!("own-{caller}"), format!("shared-{}", round % 3));
            persist(async || emit(store, &[&own, &shared]).await).await;
            let refused = store.write::<(), StoreError, _>(|work| {
                Box::pin(async move {
                    work.emit(&because_of("x"), &noted("never", "never"));
                    work.flush().await?;
                    Err(StoreError::Refused("no".to_owned()))
                })
            });
            assert!(refused.await.is_err());
        }
    };
    let (_, rows) = join(join_all((0..8).map(caller)), async {
        let mut rows = Vec::new();
        while rows.len() < 8 * 30 * 2 {
            let next = timeout(Duration::from_millis(20), store.fresh().next(16)).await;
            // What the other process appended is nobody's wake-up here.
            if next.is_err() || store.fresh().unnumbered() {
                relay.round().await.unwrap();
            }
            rows.extend(next.unwrap_or_default());
        }
        rows
    })
    .await;
    is_the_log(&rows, store).await;
    assert!(!store.fresh().missed_some());
    assert_eq!(log::after(store, STREAM, 0, 10_000).await.unwrap().len(), 480);
    drop(relay);
    assert_eq!(sound_log(store, STREAM).await.len(), 480);
}
