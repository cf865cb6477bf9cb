//! Rows just committed, on their way to the relay.

use std::time::Duration;

use futures::future::{join, join_all};
use store::{LogRow, Numbering, Store, StoreError, log};
use tokio::time::timeout;

use super::home::Home;
use super::notes::{Held, STREAM, accept, because_of, emit, lead, noted};

/// More commits than are held for the relay.
const TOO_MANY: usize = 1100;

/// Takes what is there until `count` rows have come, as the relay does.
pub(super) async fn take(store: &Store, relay: &mut Numbering, count: usize) -> Vec<LogRow> {
    let mut rows = Vec::new();
    while rows.len() < count {
        rows.extend(timeout(Duration::from_secs(20), store.fresh().next(16)).await.expect("rows within 20 s"));
        if store.fresh().unnumbered() {
            relay.round().await.unwrap();
        }
    }
    rows
}

/// What is there without waiting.
pub(super) async fn take_waiting(store: &Store) -> usize {
    let mut count = 0;
    while let Ok(rows) = timeout(Duration::from_millis(50), store.fresh().next(usize::MAX >> 8)).await {
        count += rows.len();
    }
    count
}

/// Not before, and never what was taken back.
pub async fn rows_are_handed_over_when_they_are_committed(home: Home) {
    let store = home.open().await;
    let mut relay = lead(&store).await;
    let held = Held::begin(&store, "held").await;
    assert_eq!(take_waiting(&store).await, 0);
    held.finish().await.unwrap();
    let failed = store.write::<(), StoreError, _>(|work| {
        Box::pin(async move {
            work.emit(&because_of("x"), &noted("never", "never"));
            work.emit_at(&because_of("x"), 1, &noted("held", "taken"));
            Ok(())
        })
    });
    assert!(failed.await.is_err());
    accept(&store, "after").await.unwrap();
    let rows = take(&store, &mut relay, 2).await;
    assert_eq!(rows.iter().map(|row| row.envelope.key.as_str()).collect::<Vec<_>>(), ["held", "after"]);
    assert_eq!(take_waiting(&store).await, 0);
    assert!(!store.fresh().missed_some());
    for row in rows {
        assert_eq!((row.stream.as_str(), row.envelope.sequence, row.envelope.source.as_str()), (STREAM, 1, "notes"));
        assert_eq!(row.partition, messaging::partition_of(&row.envelope.key));
    }
}

/// Also where transactions overtake each other: the rows are those of the log, each once, in the order of publishing.
pub async fn rows_come_complete_and_in_the_order_of_the_log(home: Home) {
    let store = home.open().await;
    let mut relay = lead(&store).await;
    let keys: Vec<String> = (0..60).map(|key| format!("key-{key}")).collect();
    let writes = join_all(keys.chunks(3).map(|keys| async {
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        emit(&store, &keys).await.unwrap();
    }));
    let (rows, _) = tokio::join!(take(&store, &mut relay, 60), writes);
    is_the_log(&rows, &store).await;
    assert!(!store.fresh().missed_some());
}

pub(super) async fn is_the_log(rows: &[LogRow], store: &Store) {
    let log = log::after(store, STREAM, 0, 10_000).await.unwrap();
    let numbers = |rows: &[LogRow]| rows.iter().map(|row| row.seq).collect::<Vec<_>>();
    assert_eq!(numbers(rows), numbers(&log));
    assert!(rows.iter().zip(&log).all(|(fresh, stored)| fresh.envelope == stored.envelope));
}

/// Once; then it goes on as before.
pub async fn what_nobody_takes_is_reported_as_missed(home: Home) {
    let store = home.open().await;
    let mut relay = lead(&store).await;
    for at in 0..TOO_MANY {
        emit(&store, &[&format!("key-{}", at % 50)]).await.unwrap();
    }
    let handed = take_waiting(&store).await;
    assert!(handed < TOO_MANY, "not everything is held in memory");
    assert!(store.fresh().missed_some());
    assert!(!store.fresh().missed_some());
    assert_eq!(log_length(&store).await, TOO_MANY as i64);
    emit(&store, &["after"]).await.unwrap();
    assert_eq!(take(&store, &mut relay, 1).await[0].envelope.key, "after");
    assert!(!store.fresh().missed_some());
}

/// Those who began to wait before, also when they are not looked at until afterwards; never for work that failed.
pub async fn a_poke_wakes_all_who_wait_when_it_is_committed(home: Home) {
    let store = home.open().await;
    let poke = async |fail: bool| {
        let work = store.write::<(), StoreError, _>(move |work| {
            Box::pin(async move {
                work.poke("here");
                if fail { Err(StoreError::Refused("no".to_owned())) } else { Ok(()) }
            })
        });
        work.await
    };
    poke(false).await.unwrap();
    let (mut one, other) = (store.poked("here"), store.poked("here"));
    poke(true).await.unwrap_err();
    accept(&store, "without-a-poke").await.unwrap();
    assert!(timeout(Duration::from_millis(50), &mut one).await.is_err());
    poke(false).await.unwrap();
    timeout(Duration::from_secs(5), join(one, other)).await.unwrap();
}

async fn log_length(store: &Store) -> i64 {
    store.row("SELECT COUNT(*) AS count FROM events", vec![]).await.unwrap().unwrap().get("count").unwrap()
}
