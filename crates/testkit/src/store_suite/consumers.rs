//! What consumers have reached, and what they have seen.

use futures::future::join_all;
use store::positions::{self, Advance, Cursor};
use store::{Store, StoreError, params};

use super::home::Home;
use super::notes::{jot, jotted};

pub(super) fn step(partition: u32, previous: u64, position: u64) -> Advance {
    Advance { source: "orders".to_owned(), stream: "EVENTS_ORDER".to_owned(), partition, previous, position }
}

async fn advance(store: &Store, consumer: &str, steps: Vec<Advance>) -> Result<(), StoreError> {
    let consumer = consumer.to_owned();
    store.write(move |work| Box::pin(async move { positions::advance(work, &consumer, &steps).await })).await
}

/// (partition, position), in order.
async fn reached(store: &Store, consumer: &str) -> Vec<(u32, u64)> {
    let mut all: Vec<_> = positions::load(store, consumer).await.unwrap().into_iter().map(|(_, _, at, position)| (at, position)).collect();
    all.sort_unstable();
    all
}

/// From nothing, and on.
pub async fn positions_move_on_and_are_found_after_reopening(home: Home) {
    let store = home.open().await;
    advance(&store, "mailer", vec![]).await.unwrap();
    assert!(positions::load(&store, "mailer").await.unwrap().is_empty());
    advance(&store, "mailer", vec![step(3, 0, 5), step(1, 0, 2)]).await.unwrap();
    advance(&store, "mailer", vec![step(3, 5, 9)]).await.unwrap();
    store.close().await;
    let store = home.open().await;
    assert_eq!(reached(&store, "mailer").await, [(1, 2), (3, 9)]);
    let (source, stream, ..) = positions::load(&store, "mailer").await.unwrap().remove(0);
    assert_eq!((source.as_str(), stream.as_str()), ("orders", "EVENTS_ORDER"));
}

/// Ahead, behind, or begun by someone else.
pub async fn a_position_that_another_reader_moved_fences(home: Home) {
    let store = home.open().await;
    advance(&store, "mailer", vec![step(0, 0, 5)]).await.unwrap();
    for stale in [step(0, 0, 7), step(0, 4, 7), step(0, 6, 7)] {
        assert_eq!(advance(&store, "mailer", vec![stale]).await, Err(StoreError::Fenced("mailer".to_owned())));
    }
    assert_eq!(reached(&store, "mailer").await, [(0, 5)]);
}

/// A reset under a running reader must not be undone by it.
pub async fn a_position_that_was_deleted_fences(home: Home) {
    let store = home.open().await;
    advance(&store, "mailer", vec![step(0, 0, 5), step(1, 0, 1)]).await.unwrap();
    let reset = store.write::<u64, StoreError, _>(|work| {
        Box::pin(work.execute("DELETE FROM positions WHERE consumer = $1 AND partition = $2", params!["mailer", 0]))
    });
    assert_eq!(reset.await.unwrap(), 1);
    assert_eq!(advance(&store, "mailer", vec![step(0, 5, 6)]).await, Err(StoreError::Fenced("mailer".to_owned())));
    assert_eq!(reached(&store, "mailer").await, [(1, 1)]);
    advance(&store, "mailer", vec![step(0, 0, 1), step(1, 1, 2)]).await.unwrap();
    assert_eq!(reached(&store, "mailer").await, [(0, 1), (1, 2)]);
}

/// One stale step in sixteen, at each place.
pub async fn all_sixteen_move_or_none(home: Home) {
    let store = home.open().await;
    let all = |from, to| (0..16).map(|partition| step(partition, from, to)).collect::<Vec<_>>();
    advance(&store, "mailer", all(0, 10)).await.unwrap();
    for stale in [0, 7, 15] {
        let mut steps = all(10, 20);
        steps[stale].previous = 9;
        assert!(matches!(advance(&store, "mailer", steps).await, Err(StoreError::Fenced(_))));
    }
    assert_eq!(reached(&store, "mailer").await, (0..16).map(|partition| (partition, 10)).collect::<Vec<_>>());
    let mut shuffled = all(10, 20);
    shuffled.reverse();
    advance(&store, "mailer", shuffled).await.unwrap();
    assert_eq!(reached(&store, "mailer").await, (0..16).map(|partition| (partition, 20)).collect::<Vec<_>>());
}

/// What moved beside the stale one, and the effects, go back whatever the work makes of the error.
pub async fn a_fenced_work_is_not_committed_although_it_goes_on(home: Home) {
    let store = home.open().await;
    advance(&store, "mailer", vec![step(0, 0, 5), step(1, 0, 5)]).await.unwrap();
    let swallowed = store.write::<(), StoreError, _>(|work| {
        Box::pin(async move {
            jot(work, "effect").await?;
            let _ = positions::advance(work, "mailer", &[step(0, 5, 6), step(1, 4, 6)]).await;
            Ok(())
        })
    });
    assert_eq!(swallowed.await, Err(StoreError::Fenced("mailer".to_owned())));
    assert_eq!(reached(&store, "mailer").await, [(0, 5), (1, 5)]);
    assert!(jotted(&store).await.is_empty());
}

/// Two processes that think they are the same consumer.
pub async fn of_readers_at_the_same_position_one_goes_on(home: Home) {
    let store = home.open().await;
    for round in 0..5 {
        let steps = |reader: u32| {
            let mut steps: Vec<_> = (0..16).map(|partition| step(partition, round, round + 1)).collect();
            steps.rotate_left(reader as usize * 5);
            steps
        };
        let answers = join_all((0..3).map(|reader| advance(&store, "mailer", steps(reader)))).await;
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "{answers:?}");
        assert!(answers.iter().flat_map(|answer| answer.as_ref().err()).all(|error| matches!(error, StoreError::Fenced(_))), "{answers:?}");
    }
}

/// And sources and streams of one consumer are apart, too.
pub async fn consumers_have_positions_of_their_own(home: Home) {
    let store = home.open().await;
    let other_source = Advance { source: "payments".to_owned(), ..step(0, 0, 2) };
    let other_stream = Advance { stream: "EVENTS_USER".to_owned(), ..step(0, 0, 3) };
    advance(&store, "mailer", vec![step(0, 0, 1), other_source, other_stream]).await.unwrap();
    advance(&store, "auditor", vec![step(0, 0, 9)]).await.unwrap();
    assert_eq!(reached(&store, "mailer").await, [(0, 1), (0, 2), (0, 3)]);
    assert_eq!(reached(&store, "auditor").await, [(0, 9)]);
}

/// One per consumer, stream and members.
pub async fn a_cursor_is_kept_and_replaced(home: Home) {
    let store = home.open().await;
    let cursor = |sequence| Cursor { sequence, created_ns: i64::MAX, message_id: format!("id-{sequence}/2") };
    let keep = async |members: &'static str, cursor: Cursor| {
        let kept = store.write::<(), StoreError, _>(move |work| {
            Box::pin(async move { positions::keep_cursor(work, "mailer", "EVENTS_ORDER", members, &cursor).await })
        });
        kept.await.unwrap();
    };
    assert_eq!(positions::cursor(&store, "mailer", "EVENTS_ORDER", "").await.unwrap(), None);
    keep("", cursor(1)).await;
    keep("0-7", cursor(5)).await;
    keep("", cursor(2)).await;
    assert_eq!(positions::cursor(&store, "mailer", "EVENTS_ORDER", "").await.unwrap(), Some(cursor(2)));
    assert_eq!(positions::cursor(&store, "mailer", "EVENTS_ORDER", "0-7").await.unwrap(), Some(cursor(5)));
    assert_eq!(positions::cursor(&store, "auditor", "EVENTS_ORDER", "").await.unwrap(), None);
}

/// Repeats within a batch, between batches, and of work that failed.
pub async fn only_new_ids_are_answered_once(home: Home) {
    let store = home.open().await;
    let seen = async |consumer: &'static str, ids: &[&str], fail: bool| {
        let ids: Vec<String> = ids.iter().map(|&id| id.to_owned()).collect();
        let work = store.write::<Vec<String>, StoreError, _>(move |work| {
            Box::pin(async move {
                let mut new = positions::first_seen(work, consumer, &ids, None).await?;
                new.sort();
                if fail { Err(StoreError::Conflict(new.join(","))) } else { Ok(new) }
            })
        });
        work.await
    };
    assert!(seen("door", &[], false).await.unwrap().is_empty());
    assert_eq!(seen("door", &["b", "a", "b", "ü\"'"], false).await.unwrap(), ["a", "b", "ü\"'"]);
    assert_eq!(seen("door", &["c", "a"], true).await, Err(StoreError::Conflict("c".to_owned())));
    assert_eq!(seen("door", &["c", "a", "ü\"'", "c", ""], false).await.unwrap(), ["", "c"]);
    assert!(seen("door", &["", "a", "b", "c"], false).await.unwrap().is_empty());
    assert_eq!(seen("other", &["a"], false).await.unwrap(), ["a"]);
    let many: Vec<String> = (0..2000).map(|id| format!("id-{}", id % 1500)).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(seen("door", &many, false).await.unwrap().len(), 1500);
}
