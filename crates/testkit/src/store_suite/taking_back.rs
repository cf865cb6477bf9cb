//! All of a work or nothing of it.

use std::sync::Arc;
use std::sync::Mutex;

use futures::future::join_all;
use store::{StoreError, Work};

use super::home::Home;
use super::notes::{Held, accept, because_of, jot, jotted, logged, noted};

#[derive(Debug, PartialEq)]
enum Refusal {
    OutOfStock,
    Store(StoreError),
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// The caller's own error is the answer.
pub async fn an_error_takes_back_rows_and_messages(home: Home) {
    let store = home.open().await;
    accept(&store, "before").await.unwrap();
    let refused = store.write::<(), Refusal, _>(|work| {
        Box::pin(async move {
            jot(work, "row").await?;
            work.emit(&because_of("x"), &noted("before", "refused"));
            Err(Refusal::OutOfStock)
        })
    });
    assert_eq!(refused.await, Err(Refusal::OutOfStock));
    accept(&store, "after").await.unwrap();
    assert_eq!(jotted(&store).await, ["after", "before"]);
    let log: Vec<_> = logged(&store).await.into_iter().map(|(_, key, version)| (key, version)).collect();
    assert_eq!(log, [("before".to_owned(), 1), ("after".to_owned(), 1)]);
}

/// Ordinals begin again with the work, and go on within it.
pub async fn the_same_work_done_again_gives_the_same_ids(home: Home) {
    fn two_each(work: &mut Work) -> Vec<String> {
        for cause in ["x", "y", "x", "y"] {
            work.emit(&because_of(cause), &noted("k", cause));
        }
        work.emitted().map(|envelope| envelope.id.clone()).collect()
    }
    let store = home.open().await;
    let first = Arc::new(Mutex::new(Vec::new()));
    let seen = first.clone();
    let failed = store.write::<(), StoreError, _>(|work| {
        Box::pin(async move {
            *seen.lock().unwrap() = two_each(work);
            Err(StoreError::Conflict("once more".to_owned()))
        })
    });
    assert!(failed.await.is_err());
    let again: Result<_, StoreError> = store.write(|work| Box::pin(async move { Ok(two_each(work)) })).await;
    let again = again.unwrap();
    assert_eq!(*first.lock().unwrap(), again);
    assert_eq!(again.iter().collect::<std::collections::HashSet<_>>().len(), 4);
    assert_eq!(again[0], because_of("x").follow_on_id(0));
    assert_eq!(again[3], because_of("y").follow_on_id(1));
    let ids: Vec<_> = logged(&store).await.into_iter().map(|(id, ..)| id).collect();
    assert_eq!(ids, again);
}

/// Before the first await, and after something was written.
pub async fn a_panic_is_an_answer_and_the_store_goes_on(home: Home) {
    let store = home.open().await;
    let at_once = store.write::<(), StoreError, _>(|_| panic!("at once")).await.unwrap_err();
    assert!(matches!(&at_once, StoreError::Refused(text) if text.contains("at once")), "{at_once}");
    let midway = store.write::<(), StoreError, _>(|work| {
        Box::pin(async move {
            jot(work, "row").await?;
            work.emit(&because_of("x"), &noted("k", "never"));
            panic!("midway: {}", 7)
        })
    });
    let midway = midway.await.unwrap_err();
    assert!(matches!(&midway, StoreError::Refused(text) if text.contains("midway: 7")), "{midway}");
    accept(&store, "after").await.unwrap();
    assert_eq!(jotted(&store).await, ["after"]);
    assert_eq!(logged(&store).await.len(), 1);
}

/// Postgres would answer COMMIT with a silent ROLLBACK; a caller must never be told "done" then.
pub async fn a_failed_statement_spoils_the_work_although_it_goes_on(home: Home) {
    let store = home.open().await;
    accept(&store, "taken").await.unwrap();
    let swallowed = store.write::<(), StoreError, _>(|work| {
        Box::pin(async move {
            jot(work, "row").await?;
            assert!(matches!(jot(work, "taken").await, Err(StoreError::Conflict(_))));
            work.emit(&because_of("x"), &noted("k", "never"));
            // What comes after it says why it can't be done.
            assert!(matches!(jot(work, "another").await, Err(StoreError::Conflict(_))));
            assert!(work.begin_group().await.is_err());
            Ok(())
        })
    });
    let error = swallowed.await.unwrap_err();
    assert!(matches!(error, StoreError::Conflict(_)), "{error}");
    assert_eq!(jotted(&store).await, ["taken"]);
    assert_eq!(logged(&store).await.len(), 1);
}

/// Read, decide, write: with the rows locked nobody decides on what is no longer so.
pub async fn a_row_that_is_decided_upon_is_not_changed_meanwhile(home: Home) {
    let store = &home.open().await;
    accept(store, "0").await.unwrap();
    let count_up = |_| async move {
        let work = store.write::<(), StoreError, _>(|work| {
            Box::pin(async move {
                let sql = format!("SELECT id FROM notes{}", work.for_update());
                let before: String = work.row(&sql, vec![]).await?.expect("the only row").get("id")?;
                let after = before.parse::<u32>().unwrap() + 1;
                work.execute("UPDATE notes SET id = $1", store::params![after.to_string()]).await.map(|_| ())
            })
        });
        work.await.unwrap();
    };
    join_all((0..30).map(count_up)).await;
    assert_eq!(jotted(store).await, ["30"]);
}

/// And the work itself sees what it wrote.
pub async fn others_see_work_when_it_is_committed_and_not_before(home: Home) {
    let store = home.open().await;
    let held = Held::begin(&store, "a").await;
    assert!(jotted(&store).await.is_empty());
    held.finish().await.unwrap();
    assert_eq!(jotted(&store).await, ["a"]);
    let own = store.write::<_, StoreError, _>(|work| {
        Box::pin(async move {
            jot(work, "b").await?;
            let rows = work.rows("SELECT id FROM notes ORDER BY id", vec![]).await?;
            rows.iter().map(|row| row.get::<String>("id")).collect::<Result<Vec<_>, _>>()
        })
    });
    assert_eq!(own.await.unwrap(), ["a", "b"]);
}
