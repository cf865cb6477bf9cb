//! Groups within a work: taken back without the rest.

use futures::future::join_all;
use store::{StoreError, Work};

use super::fresh::{take, take_waiting};
use super::home::Home;
use super::notes::{Held, STREAM, accept, because_of, jot, jotted, lead, logged, noted};
use super::numbering::sound_log;

async fn group(work: &mut Work, id: &str, keep: bool) -> Result<(), StoreError> {
    let mark = work.begin_group().await?;
    jot(work, id).await?;
    work.emit(&because_of(id), &noted(id, "one"));
    work.emit(&because_of(id), &noted(id, "two"));
    if keep { work.end_group().await } else { work.undo_group(mark).await }
}

/// First, in the middle, last; the first thing written or not.
pub async fn an_undone_group_leaves_nothing(home: Home) {
    let store = home.open().await;
    let work = store.write::<(), StoreError, _>(|work| {
        Box::pin(async move {
            for (id, keep) in [("a", false), ("b", true), ("c", false), ("d", true), ("e", false)] {
                group(work, id, keep).await?;
            }
            Ok(())
        })
    });
    work.await.unwrap();
    assert_eq!(jotted(&store).await, ["b", "d"]);
    let keys: Vec<_> = logged(&store).await.into_iter().map(|(_, key, version)| (key, version)).collect();
    assert_eq!(keys, [("b", 1), ("b", 2), ("d", 1), ("d", 2)].map(|(key, version)| (key.to_owned(), version)));
}

/// Also for a cause that had follow-ons before the group, and for the group done again.
pub async fn ids_are_the_same_as_if_the_undone_part_had_never_run(home: Home) {
    let store = home.open().await;
    let work = store.write::<(), StoreError, _>(|work| {
        Box::pin(async move {
            work.emit(&because_of("x"), &noted("k", "before"));
            let mark = work.begin_group().await?;
            work.emit(&because_of("x"), &noted("k", "undone"));
            work.emit(&because_of("y"), &noted("k", "undone"));
            work.emit(&because_of("x"), &noted("k", "undone"));
            work.undo_group(mark).await?;
            work.begin_group().await?;
            work.emit(&because_of("x"), &noted("k", "done"));
            work.emit(&because_of("y"), &noted("k", "done"));
            work.end_group().await?;
            work.emit(&because_of("x"), &noted("k", "after"));
            Ok(())
        })
    });
    work.await.unwrap();
    let ids: Vec<_> = logged(&store).await.into_iter().map(|(id, ..)| id).collect();
    let expected = [("x", 0), ("x", 1), ("y", 0), ("x", 2)].map(|(cause, ordinal)| because_of(cause).follow_on_id(ordinal));
    assert_eq!(ids, expected);
}

/// The reason why groups are there.
pub async fn a_failed_statement_spoils_its_group_only(home: Home) {
    let store = home.open().await;
    accept(&store, "taken").await.unwrap();
    let work = store.write::<(), StoreError, _>(|work| {
        Box::pin(async move {
            jot(work, "before").await?;
            let mark = work.begin_group().await?;
            jot(work, "within").await?;
            work.emit(&because_of("x"), &noted("k", "never"));
            assert!(jot(work, "taken").await.is_err());
            work.undo_group(mark).await?;
            jot(work, "after").await?;
            work.emit(&because_of("x"), &noted("k", "kept"));
            Ok(())
        })
    });
    work.await.unwrap();
    assert_eq!(jotted(&store).await, ["after", "before", "taken"]);
    let (id, key, version) = logged(&store).await.pop().unwrap();
    assert_eq!((id, key.as_str(), version), (because_of("x").follow_on_id(0), "k", 1));
}

/// Whoever runs the group learns of it in time to take it back.
pub async fn a_group_that_swallows_a_failed_statement_can_not_end_well(home: Home) {
    let store = home.open().await;
    accept(&store, "taken").await.unwrap();
    let work = store.write::<(), StoreError, _>(|work| {
        Box::pin(async move {
            let mark = work.begin_group().await?;
            let _ = jot(work, "taken").await;
            assert!(matches!(work.end_group().await, Err(StoreError::Conflict(_))));
            work.undo_group(mark).await?;
            jot(work, "after").await
        })
    });
    work.await.unwrap();
    assert_eq!(jotted(&store).await, ["after", "taken"]);
    let unended = store.write::<(), StoreError, _>(|work| {
        Box::pin(async move {
            group(work, "kept", true).await?;
            work.begin_group().await?;
            jot(work, "open").await?;
            Err(StoreError::Refused("no".to_owned()))
        })
    });
    assert!(unended.await.is_err());
    assert_eq!(jotted(&store).await, ["after", "taken"]);
}

/// Not in the log, not handed to the relay; and the numbers that it had are given again.
pub async fn what_an_undone_group_put_into_the_log_is_out_of_it_again(home: Home) {
    let store = home.open().await;
    let mut relay = lead(&store).await;
    accept(&store, "before").await.unwrap();
    let work = store.write::<(), StoreError, _>(|work| {
        Box::pin(async move {
            work.emit(&because_of("x"), &noted("k", "pending when the group begins"));
            let mark = work.begin_group().await?;
            work.emit(&because_of("x"), &noted("k", "never"));
            work.emit(&because_of("x"), &noted("other", "never"));
            work.flush().await?;
            work.undo_group(mark).await?;
            let mark = work.begin_group().await?;
            work.emit(&because_of("x"), &noted("k", "never"));
            work.emit_at(&because_of("x"), 1, &noted("before", "its version is taken"));
            assert!(work.flush().await.unwrap_err().is_conflict());
            work.undo_group(mark).await?;
            work.begin_group().await?;
            work.emit(&because_of("x"), &noted("k", "kept"));
            work.end_group().await
        })
    });
    work.await.unwrap();
    accept(&store, "after").await.unwrap();
    let expected = ["before", "k", "k", "after"];
    let handed = take(&store, &mut relay, expected.len()).await;
    assert_eq!(handed.iter().map(|row| row.envelope.key.as_str()).collect::<Vec<_>>(), expected);
    assert_eq!(take_waiting(&store).await, 0);
    let rows = sound_log(&store, STREAM).await;
    assert_eq!(rows.iter().map(|row| row.envelope.key.as_str()).collect::<Vec<_>>(), expected);
    assert_eq!([1, 2].map(|at| rows[at].envelope.id.clone()), [0, 1].map(|ordinal| because_of("x").follow_on_id(ordinal)));
}

/// A savepoint within a savepoint.
pub async fn groups_of_callers_who_share_a_commit_stay_apart(home: Home) {
    let store = home.open().await;
    let held = Held::begin(&store, "held").await;
    let mut callers: Vec<_> = (0..12)
        .map(|caller| {
            Box::pin(store.write::<(), StoreError, _>(move |work| {
                Box::pin(async move {
                    group(work, &format!("kept-{caller:02}"), true).await?;
                    group(work, &format!("undone-{caller:02}"), false).await?;
                    if caller % 4 == 0 { Err(StoreError::Refused("no".to_owned())) } else { Ok(()) }
                })
            }))
        })
        .collect();
    for caller in &mut callers {
        assert!(futures::poll!(caller).is_pending());
    }
    held.finish().await.unwrap();
    let kept = join_all(callers).await.iter().filter(|answer| answer.is_ok()).count();
    assert_eq!(kept, 9);
    let expected: Vec<_> = (0..12).filter(|caller| caller % 4 != 0).map(|caller| format!("kept-{caller:02}")).collect();
    assert_eq!(jotted(&store).await, [vec!["held".to_owned()], expected].concat());
    assert_eq!(logged(&store).await.len(), 1 + 2 * 9);
}
