//! Durable timers.

use store::timers::{self, Timer};
use store::{Store, StoreError, params};

use super::home::Home;
use super::notes::because_of;

fn timer(id: &str, due_us: i64) -> Timer {
    let mut cause = because_of("cause");
    cause.trace.traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".to_owned();
    Timer { id: id.to_owned(), key: format!("key-{id}"), due_us, payload: format!("{{\"für\":\"{id}\"}}"), cause }
}

async fn set(store: &Store, consumer: &'static str, timers: Vec<Timer>) {
    let work = store.write::<(), StoreError, _>(move |work| {
        Box::pin(async move {
            for timer in &timers {
                timers::set(work, consumer, timer).await?;
            }
            Ok(())
        })
    });
    work.await.unwrap();
}

async fn due(store: &Store, consumer: &str, now_us: i64, limit: u32) -> Vec<Timer> {
    timers::due(store, consumer, now_us, limit).await.unwrap()
}

/// The oldest first, equal ones by id, as they were set; the limit is kept.
pub async fn timers_are_due_in_order(home: Home) {
    let store = home.open().await;
    let all = [timer("d", 400), timer("b", 200), timer("c", 200), timer("a", 300), timer("past", -5)];
    set(&store, "saga", all.to_vec()).await;
    store.close().await;
    let store = home.open().await;
    assert_eq!(due(&store, "saga", 199, 10).await, [timer("past", -5)]);
    let expected = [timer("past", -5), timer("b", 200), timer("c", 200), timer("a", 300)];
    assert_eq!(due(&store, "saga", 399, 10).await, expected);
    assert_eq!(due(&store, "saga", 400, 3).await, expected[..3]);
    assert_eq!(due(&store, "saga", 400, 10).await.len(), 5);
}

/// All of a timer is replaced, its lane included.
pub async fn setting_again_moves_and_cancelling_removes(home: Home) {
    let store = home.open().await;
    set(&store, "saga", vec![timer("a", 100), timer("b", 100)]).await;
    let moved =
        Timer { key: "another-key".to_owned(), due_us: 500, payload: "later".to_owned(), cause: because_of("other"), ..timer("a", 0) };
    set(&store, "saga", vec![moved.clone()]).await;
    assert_eq!(due(&store, "saga", 100, 10).await, [timer("b", 100)]);
    assert_eq!(due(&store, "saga", 500, 10).await, [timer("b", 100), moved.clone()]);
    let cancel = async |id: &'static str| {
        let work = store.write::<bool, StoreError, _>(move |work| Box::pin(timers::cancel(work, "saga", id)));
        work.await.unwrap()
    };
    assert!(cancel("b").await);
    assert!(!cancel("b").await);
    assert!(!cancel("never").await);
    assert_eq!(due(&store, "saga", 500, 10).await, [moved]);
}

/// As if they had been set and cancelled one by one, whatever their number.
pub async fn several_are_set_and_cancelled_in_one_statement(home: Home) {
    let store = home.open().await;
    set(&store, "saga", vec![timer("t-0000", 1), timer("other", 1)]).await;
    let work = store.write::<(), StoreError, _>(|work| {
        Box::pin(async move {
            let mut many: Vec<Timer> = (0..2500).map(|at| timer(&format!("t-{at:04}"), 100 + at)).collect();
            many.push(timer("t-0007", 7));
            timers::set_all(work, "saga", &many).await?;
            timers::set_all(work, "saga", &[]).await?;
            let mut gone: Vec<String> = (10..2400).map(|at| format!("t-{at:04}")).collect();
            gone.extend(["never".to_owned(), "t-0010".to_owned()]);
            timers::cancel_all(work, "saga", &gone).await?;
            timers::cancel_all(work, "saga", &[]).await
        })
    });
    work.await.unwrap();
    let left = due(&store, "saga", 10_000, 1000).await;
    assert_eq!(left.len(), 111);
    assert_eq!(left[..3], [timer("other", 1), timer("t-0007", 7), timer("t-0000", 100)]);
    assert_eq!(left[110], timer("t-2499", 2599));
}

/// A timer that was moved between being found due and being acted on stays.
pub async fn a_timer_is_cancelled_at_its_time_only(home: Home) {
    let store = home.open().await;
    set(&store, "saga", vec![timer("a", 100)]).await;
    for (due_us, there) in [(99, false), (100, true), (100, false)] {
        let work = store.write::<bool, StoreError, _>(move |work| Box::pin(timers::cancel_at(work, "saga", "a", due_us)));
        assert_eq!(work.await.unwrap(), there, "at {due_us}");
    }
    assert!(due(&store, "saga", 1000, 10).await.is_empty());
}

/// Neither set nor cancelled.
pub async fn a_timer_of_work_that_failed_is_not_set(home: Home) {
    let store = home.open().await;
    set(&store, "saga", vec![timer("kept", 100)]).await;
    let failed = store.write::<(), StoreError, _>(|work| {
        Box::pin(async move {
            timers::set(work, "saga", &timer("never", 1)).await?;
            assert!(timers::cancel(work, "saga", "kept").await?);
            Err(StoreError::Refused("no".to_owned()))
        })
    });
    assert!(failed.await.is_err());
    assert_eq!(due(&store, "saga", 1000, 10).await, [timer("kept", 100)]);
}

/// Equal ids do not meet.
pub async fn consumers_have_timers_of_their_own(home: Home) {
    let store = home.open().await;
    set(&store, "saga", vec![timer("a", 100)]).await;
    set(&store, "other", vec![timer("a", 200)]).await;
    assert_eq!(due(&store, "saga", 300, 10).await, [timer("a", 100)]);
    assert_eq!(due(&store, "other", 300, 10).await, [timer("a", 200)]);
}

/// And is moved by nobody who thinks that it is due at another time.
pub async fn a_timer_that_is_put_off_keeps_its_history_until_it_is_set_again(home: Home) {
    let store = home.open().await;
    set(&store, "saga", vec![timer("a", 100), timer("b", 100)]).await;
    let history = async |due_us: i64| {
        let work = store.write::<_, StoreError, _>(move |work| Box::pin(timers::history(work, "saga", "a", due_us)));
        work.await.unwrap()
    };
    let put_off = async |due_us: i64, again_us: i64| {
        let work = store.write::<(), StoreError, _>(move |work| {
            Box::pin(async move { timers::put_off(work, "saga", "a", due_us, again_us, "[1]").await })
        });
        work.await.unwrap();
    };
    assert_eq!((history(100).await.as_deref(), history(99).await), (Some("[]"), None));
    put_off(99, 700).await;
    put_off(100, 500).await;
    assert_eq!(due(&store, "saga", 499, 10).await, [timer("b", 100)]);
    assert_eq!(due(&store, "saga", 500, 10).await, [timer("b", 100), timer("a", 500)]);
    assert_eq!((history(500).await.as_deref(), history(100).await), (Some("[1]"), None));
    set(&store, "saga", vec![timer("a", 500)]).await;
    assert_eq!(history(500).await.as_deref(), Some("[]"));
}

/// In a conversation of its own.
pub async fn a_timer_whose_cause_can_not_be_read_is_due_like_any_other(home: Home) {
    let store = home.open().await;
    set(&store, "saga", vec![timer("a", 100), timer("b", 200)]).await;
    let sql = "UPDATE timers SET cause = 'no cause' WHERE id = 'a'";
    store.write::<_, StoreError, _>(move |work| Box::pin(work.execute(sql, params![]))).await.unwrap();
    let due = due(&store, "saga", 300, 10).await;
    assert_eq!(due[1..], [timer("b", 200)]);
    assert_eq!((due[0].id.as_str(), due[0].due_us, due[0].cause.correlation_id.as_str()), ("a", 100, "a"));
}
