//! Accepted means durable, whoever waits for the answer.

use store::{StoreError, params};

use super::home::Home;
use super::notes::{Held, accept, jotted, logged, until};

/// Closed in good order.
pub async fn what_was_accepted_is_there_after_reopening(home: Home) {
    let store = home.open().await;
    accept(&store, "a").await.unwrap();
    store.close().await;
    let store = home.open().await;
    assert_eq!(jotted(&store).await, ["a"]);
    assert_eq!(logged(&store).await.len(), 1);
}

/// Nobody had the time to close it.
pub async fn what_was_accepted_is_there_after_a_drop_without_close(home: Home) {
    for key in ["a", "b", "c"] {
        let store = home.open().await;
        accept(&store, key).await.unwrap();
        drop(store);
    }
    let store = home.open().await;
    assert_eq!(jotted(&store).await, ["a", "b", "c"]);
    assert_eq!(logged(&store).await.len(), 3);
}

/// Nothing of it waits in this process.
pub async fn what_was_accepted_is_on_disk_when_the_answer_comes(home: Home) {
    let store = home.open().await;
    for key in ["a", "b", "c"] {
        accept(&store, key).await.unwrap();
        let other = home.as_a_kill_would_leave_it();
        let found = other.open().await;
        assert_eq!(jotted(&found).await, jotted(&store).await);
        assert_eq!(logged(&found).await, logged(&store).await);
        assert!(jotted(&found).await.contains(&key.to_owned()));
        found.close().await;
    }
}

/// gRPC drops handlers midway.
pub async fn a_caller_that_leaves_does_not_stop_its_work(home: Home) {
    let store = home.open().await;
    Held::begin(&store, "a").await.abandon().await;
    until("the work of the one who left is committed", async || jotted(&store).await == ["a"] && logged(&store).await.len() == 1).await;
    accept(&store, "b").await.unwrap();
    assert_eq!(jotted(&store).await, ["a", "b"]);
}

/// Dropped with one work begun and another behind it.
pub async fn work_that_waits_is_done_although_the_store_is_dropped(home: Home) {
    let store = home.open().await;
    let held = Held::begin(&store, "a").await;
    {
        let mut second = Box::pin(accept(&store, "b"));
        assert!(futures::poll!(&mut second).is_pending());
    }
    drop(store);
    held.abandon().await;
    let store = home.open().await;
    until("both are done", async || jotted(&store).await == ["a", "b"]).await;
}

/// An orderly stop loses nothing and is an end.
pub async fn closing_waits_for_what_was_begun_and_takes_nothing_more(home: Home) {
    let store = home.open().await;
    let held = Held::begin(&store, "a").await;
    let mut closing = Box::pin(store.close());
    assert!(futures::poll!(&mut closing).is_pending());
    held.finish().await.unwrap();
    closing.await;
    assert!(matches!(accept(&store, "late").await, Err(StoreError::Unavailable(_))));
    assert!(matches!(store.rows("SELECT id FROM notes", params![]).await, Err(StoreError::Unavailable(_))));
    let again = home.open().await;
    assert_eq!(jotted(&again).await, ["a"]);
}
