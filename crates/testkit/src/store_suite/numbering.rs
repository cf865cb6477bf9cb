//! Positions: without gaps per (stream, partition), in the order of commits.

use std::collections::HashMap;

use futures::future::join_all;
use messaging::{Kind, PARTITIONS, partition_of};
use store::{LogRow, Store, StoreError, log};

use super::home::Home;
use super::notes::{Held, STREAM, accept, because_of, emit, envelope, jot, noted, number, persist};

/// The whole stream in publishing order, after a look at what must hold for any log.
pub(super) async fn sound_log(store: &Store, stream: &str) -> Vec<LogRow> {
    number(store).await;
    let rows = log::after(store, stream, 0, 1_000_000).await.unwrap();
    assert!(rows.is_sorted_by(|a, b| a.seq < b.seq));
    let mut positions: HashMap<u32, u64> = HashMap::new();
    let mut versions: HashMap<&str, u64> = HashMap::new();
    for row in &rows {
        assert_eq!((row.stream.as_str(), row.partition), (stream, partition_of(&row.envelope.key)));
        let position = positions.entry(row.partition).or_default();
        *position += 1;
        assert_eq!(row.envelope.position, *position, "partition {} has no gaps", row.partition);
        let version = versions.entry(&row.envelope.key).or_default();
        *version += 1;
        assert_eq!(row.envelope.sequence, *version, "key {} is in order", row.envelope.key);
    }
    rows
}

/// With work that fails before, between and behind.
pub async fn positions_have_no_gaps_through_rollbacks_and_reopening(home: Home) {
    let keys: Vec<String> = (0..40).map(|key| format!("key-{key}")).collect();
    for round in 0..3 {
        let store = home.open().await;
        for chunk in keys.chunks(7 + round) {
            let chunk: Vec<&str> = chunk.iter().map(String::as_str).collect();
            emit(&store, &chunk).await.unwrap();
            let refused = store.write::<(), StoreError, _>(|work| {
                Box::pin(async move {
                    for key in 0..20 {
                        work.emit(&because_of("x"), &noted(&format!("key-{key}"), "refused"));
                    }
                    work.emit_at(&because_of("x"), 1, &noted("key-0", "taken"));
                    Ok(())
                })
            });
            assert!(matches!(refused.await, Err(StoreError::Conflict(_))));
        }
        let rows = sound_log(&store, STREAM).await;
        assert_eq!(rows.len(), keys.len() * (round + 1));
        store.close().await;
    }
    let store = home.open().await;
    let used: std::collections::HashSet<u32> = sound_log(&store, STREAM).await.iter().map(|row| row.partition).collect();
    assert!(used.len() > PARTITIONS as usize / 2, "the keys are spread");
}

/// Many callers at once, each with several keys, some of them shared.
pub async fn positions_follow_the_order_of_commits_and_of_versions(home: Home) {
    let store = &home.open().await;
    let caller = |caller: usize| async move {
        for round in 0..10 {
            let (own, shared) = (format!("own-{caller}"), format!("shared-{}", round % 3));
            persist(async || emit(store, &[&own, &shared, &own]).await).await;
        }
    };
    join_all((0..8).map(caller)).await;
    assert_eq!(sound_log(store, STREAM).await.len(), 240);
    emit(store, &["last"]).await.unwrap();
    assert_eq!(sound_log(store, STREAM).await.last().unwrap().envelope.key, "last");
}

/// Those who share a commit with it are numbered as if it had not been there, in each of their streams.
pub async fn a_failing_neighbour_leaves_no_gap(home: Home) {
    let store = home.open().await;
    accept(&store, "taken").await.unwrap();
    let held = Held::begin(&store, "held").await;
    let mut callers: Vec<_> = (0..30)
        .map(|caller| {
            Box::pin(store.write::<(), StoreError, _>(move |work| {
                Box::pin(async move {
                    jot(work, &format!("row-{caller}")).await?;
                    for at in 0..5 {
                        let key = format!("key-{caller}-{at}");
                        work.emit(&because_of(&key), &noted(&key, at));
                        let command = envelope(Kind::Command, "note.take", "note", &key);
                        work.emit_envelope(&because_of(&key), command, None);
                    }
                    // It fails when all of that is in the log: at the last message.
                    if caller % 3 == 0 {
                        work.emit_at(&because_of("x"), 1, &noted("taken", "version 1"));
                    }
                    Ok(())
                })
            }))
        })
        .collect();
    for caller in &mut callers {
        assert!(futures::poll!(caller).is_pending());
    }
    held.finish().await.unwrap();
    let answers = join_all(callers).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 20);
    assert_eq!(sound_log(&store, STREAM).await.len(), 102);
    assert_eq!(sound_log(&store, "COMMANDS_NOTE").await.len(), 100);
    accept(&store, "after").await.unwrap();
    assert_eq!(sound_log(&store, STREAM).await.len(), 103);
}
