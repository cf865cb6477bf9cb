//! Many callers at once.

use futures::future::join_all;
use futures::task::noop_waker;
use std::future::Future as _;
use std::task::Context;

use store::{Dialect, StoreError, params};

use super::home::Home;
use super::notes::{Held, accept, because_of, jot, jotted, logged, noted};

/// How a caller of the crowd fails.
fn fails(caller: usize) -> bool {
    caller.is_multiple_of(9)
}

/// All of them wait behind one work, so that SQLite takes them into one commit.
pub async fn each_of_64_callers_gets_its_own_answer_and_a_failing_one_harms_nobody(home: Home) {
    let store = home.open().await;
    accept(&store, "taken").await.unwrap();
    let held = Held::begin(&store, "held").await;
    let mut callers: Vec<_> = (0..64_usize)
        .map(|caller| {
            Box::pin(store.write::<usize, StoreError, _>(move |work| {
                Box::pin(async move {
                    work.emit(&because_of(&format!("cause-{caller}")), &noted(&format!("key-{caller}"), caller));
                    jot(work, &format!("row-{caller:02}")).await?;
                    match caller {
                        9 => return Err(StoreError::Refused("no".to_owned())),
                        18 => panic!("caller 18"),
                        27 => jot(work, "taken").await?,
                        36 => work.emit_at(&because_of("x"), 1, &noted("taken", "version 1 is there")),
                        caller if fails(caller) => return Err(StoreError::Conflict(format!("caller {caller}"))),
                        _ => {}
                    }
                    Ok(caller)
                })
            }))
        })
        .collect();
    for caller in &mut callers {
        assert!(caller.as_mut().poll(&mut Context::from_waker(&noop_waker())).is_pending());
    }
    held.finish().await.unwrap();
    let answers = join_all(callers).await;
    for (caller, answer) in answers.into_iter().enumerate() {
        match caller {
            9 => assert_eq!(answer, Err(StoreError::Refused("no".to_owned()))),
            18 => assert!(matches!(answer, Err(StoreError::Refused(text)) if text.contains("caller 18"))),
            27 | 36 => assert!(matches!(answer, Err(StoreError::Conflict(_))), "{caller}: {answer:?}"),
            caller if fails(caller) => assert_eq!(answer, Err(StoreError::Conflict(format!("caller {caller}")))),
            _ => assert_eq!(answer, Ok(caller)),
        }
    }
    let mut rows: Vec<String> = (0..64).filter(|&caller| !fails(caller)).map(|caller| format!("row-{caller:02}")).collect();
    rows.splice(0..0, ["held".to_owned()]);
    rows.push("taken".to_owned());
    assert_eq!(jotted(&store).await, rows);
    let mut keys: Vec<String> = logged(&store).await.into_iter().map(|(_, key, _)| key).collect();
    keys.sort();
    let mut expected: Vec<String> = (0..64).filter(|&caller| !fails(caller)).map(|caller| format!("key-{caller}")).collect();
    expected.extend(["held".to_owned(), "taken".to_owned()]);
    expected.sort();
    assert_eq!(keys, expected);
}

/// Postgres commits each by itself; a work that fails is no commit.
pub async fn callers_who_wait_share_a_commit_on_sqlite(home: Home) {
    let store = home.open().await;
    let held = Held::begin(&store, "held").await;
    let before = store.commits();
    let keys: Vec<String> = (0..64).map(|caller| format!("caller-{caller}")).collect();
    let mut callers: Vec<_> = keys.iter().map(|key| Box::pin(accept(&store, key))).collect();
    let mut failing = Box::pin(accept(&store, "held")); // its row is there by then
    for caller in callers.iter_mut() {
        assert!(caller.as_mut().poll(&mut Context::from_waker(&noop_waker())).is_pending());
    }
    assert!(futures::poll!(&mut failing).is_pending());
    held.finish().await.unwrap();
    for answer in join_all(callers).await {
        answer.unwrap();
    }
    assert!(matches!(failing.await, Err(StoreError::Conflict(_))));
    let commits = store.commits() - before;
    match store.dialect() {
        Dialect::Sqlite => assert_eq!(commits, 1, "those who come meanwhile come along"),
        Dialect::Postgres => assert_eq!(commits, 65),
    }
    let failing = accept(&store, "held").await;
    assert!(failing.is_err());
    assert_eq!(store.commits() - before, commits);
}

/// It began alone: what it wrote can only be taken back with the whole transaction.
pub async fn a_first_caller_that_fails_takes_nobody_along(home: Home) {
    let store = home.open().await;
    let held = Held::begin(&store, "held").await;
    let mut callers: Vec<_> = ["one", "other"].map(|key| Box::pin(accept(&store, key))).into();
    for caller in &mut callers {
        assert!(futures::poll!(caller).is_pending());
    }
    held.fail().await;
    for answer in join_all(callers).await {
        answer.unwrap();
    }
    assert_eq!(jotted(&store).await, ["one", "other"]);
    assert_eq!(logged(&store).await.len(), 2);
}

/// It wrote nothing, and has nothing to be taken back.
pub async fn a_last_caller_whose_query_fails_harms_nobody(home: Home) {
    let store = home.open().await;
    let held = Held::begin(&store, "held").await;
    let mut first = Box::pin(accept(&store, "first"));
    let mut failing = Box::pin(store.write::<_, StoreError, _>(|work| {
        Box::pin(async move { work.row("SELECT nothing FROM nowhere", params![]).await.map(|row| row.is_some()) })
    }));
    assert!(futures::poll!(&mut first).is_pending());
    assert!(futures::poll!(&mut failing).is_pending());
    held.finish().await.unwrap();
    assert!(matches!(failing.await, Err(StoreError::Refused(_))));
    first.await.unwrap();
    assert_eq!(jotted(&store).await, ["first", "held"]);
}
