//! Versions: each key counts its messages from 1, whatever they are written beside.

use futures::future::join_all;
use messaging::{Cause, Envelope, Kind};
use prost::Message as _;
use store::{Store, StoreError};

use super::home::Home;
use super::notes::{Noted, because_of, envelope, jot, jotted, logged, noted, persist};

/// The versions of a key with the texts they stand for, in version order.
async fn history(store: &Store, key: &str) -> Vec<(u64, String)> {
    let key = key.to_owned();
    let read = store.write::<_, StoreError, _>(move |work| Box::pin(async move { work.history(Kind::Event, "note", "note", &key).await }));
    let text = |envelope: &Envelope| Noted::decode(envelope.payload.clone()).unwrap().text;
    read.await.unwrap().iter().map(|envelope| (envelope.sequence, text(envelope))).collect()
}

/// Emits (key, version or the next, text), committed together.
async fn emit(store: &Store, messages: Vec<(String, Option<u64>, usize)>) -> Result<(), StoreError> {
    let write = store.write(move |work| {
        Box::pin(async move {
            for (key, version, text) in messages {
                match version {
                    Some(version) => work.emit_at(&Cause::root("talk"), version, &noted(&key, text)),
                    None => work.emit(&Cause::root("talk"), &noted(&key, text)),
                }
            }
            Ok(())
        })
    });
    write.await
}

/// Whether the store remembers the key or has to look.
pub async fn a_version_left_out_before_is_not_the_last_one(home: Home) {
    let mut expected = Vec::new();
    let versions = [(Some(5), 5), (Some(2), 2), (None, 6), (Some(3), 3), (None, 7), (Some(4), 4), (None, 8)];
    let mut store = home.open().await;
    for (text, (version, got)) in versions.into_iter().enumerate() {
        emit(&store, vec![("k".to_owned(), version, text)]).await.unwrap();
        expected.push((got, text.to_string()));
        if text < 4 {
            store.close().await;
            store = home.open().await;
        }
    }
    expected.sort();
    assert_eq!(history(&store, "k").await, expected);
}

/// In all sizes that an append is cut into.
pub async fn repeated_keys_in_one_batch_are_counted_on(home: Home) {
    let store = home.open().await;
    let mut expected: Vec<Vec<(u64, String)>> = vec![Vec::new(); 7];
    let mut text = 0;
    for size in [1, 3, 4, 5, 16, 21, 64, 85, 256, 257, 341, 700] {
        let mut batch = Vec::new();
        for at in 0..size {
            let key = (at * at + size) % 7;
            text += 1;
            batch.push((format!("key-{key}"), None, text));
            let version = expected[key].len() as u64 + 1;
            expected[key].push((version, text.to_string()));
        }
        emit(&store, batch).await.unwrap();
    }
    for (key, expected) in expected.iter().enumerate() {
        assert_eq!(&history(&store, &format!("key-{key}")).await, expected);
    }
}

/// 256 and 256 and 64 and …
pub async fn a_batch_of_one_key_is_counted_through_all_its_chunks(home: Home) {
    let store = home.open().await;
    emit(&store, (1..=603).map(|text| ("k".to_owned(), None, text)).collect()).await.unwrap();
    emit(&store, (604..=610).map(|text| ("k".to_owned(), None, text)).collect()).await.unwrap();
    let expected: Vec<_> = (1..=610_u64).map(|version| (version, version.to_string())).collect();
    assert_eq!(history(&store, "k").await, expected);
}

/// Order `1` and product `1` never meet.
pub async fn equal_keys_of_other_types_and_streams_are_counted_apart(home: Home) {
    let store = home.open().await;
    let kinds = [
        (Kind::Event, "note.taken", "note"),
        (Kind::Event, "note.taken", "pad"),
        (Kind::Event, "page.taken", "note"),
        (Kind::Command, "note.take", "note"),
    ];
    let write = store.write::<(), StoreError, _>(move |work| {
        Box::pin(async move {
            for (kind, type_, aggregate_type) in kinds.into_iter().chain(kinds) {
                work.emit_envelope(&Cause::root("talk"), envelope(kind, type_, aggregate_type, "1"), None);
            }
            Ok(())
        })
    });
    write.await.unwrap();
    let read = store.write::<_, StoreError, _>(move |work| {
        Box::pin(async move {
            let mut all = Vec::new();
            for (kind, type_, aggregate_type) in kinds {
                let owner = type_.split('.').next().unwrap_or_default();
                all.push(work.history(kind, owner, aggregate_type, "1").await?);
            }
            Ok(all)
        })
    });
    for (history, (kind, type_, aggregate_type)) in read.await.unwrap().iter().zip(kinds) {
        assert_eq!(history.iter().map(|envelope| envelope.sequence).collect::<Vec<_>>(), [1, 2]);
        for envelope in history {
            assert_eq!((envelope.kind, envelope.type_.as_str(), envelope.aggregate_type.as_str()), (kind, type_, aggregate_type));
        }
    }
}

/// Also when it stands behind hundreds of others.
pub async fn a_taken_version_is_a_conflict_and_leaves_nothing(home: Home) {
    let store = home.open().await;
    emit(&store, vec![("k".to_owned(), Some(1), 1)]).await.unwrap();
    let taken = store.write::<(), StoreError, _>(|work| {
        Box::pin(async move {
            jot(work, "row").await?;
            work.emit_at(&because_of("x"), 1, &noted("k", "too late"));
            Ok(())
        })
    });
    assert!(matches!(taken.await, Err(StoreError::Conflict(_))));
    assert!(jotted(&store).await.is_empty());
    let mut many: Vec<_> = (0..300).map(|at| (format!("other-{}", at % 5), None, at)).collect();
    many.push(("k".to_owned(), Some(1), 0));
    assert!(matches!(emit(&store, many).await, Err(StoreError::Conflict(_))));
    let twice = vec![("new".to_owned(), Some(1), 0), ("new".to_owned(), Some(1), 1)];
    assert!(matches!(emit(&store, twice).await, Err(StoreError::Conflict(_))));
    assert_eq!(logged(&store).await.len(), 1);
    emit(&store, vec![("k".to_owned(), Some(2), 2)]).await.unwrap();
    assert_eq!(history(&store, "k").await, [(1, "1".to_owned()), (2, "2".to_owned())]);
}

/// In one batch, in any order that makes sense, and over chunks.
pub async fn the_next_version_stands_beside_explicit_ones(home: Home) {
    let store = home.open().await;
    let k = |version, text| ("k".to_owned(), version, text);
    emit(&store, vec![k(Some(1), 1), k(None, 2), k(Some(3), 3), k(None, 4)]).await.unwrap();
    emit(&store, vec![k(None, 5), k(Some(6), 6)]).await.unwrap();
    let mut batch: Vec<_> = (7..=400).map(|text| k((text % 3 == 0).then_some(text as u64), text)).collect();
    batch.insert(100, ("between".to_owned(), Some(1), 1));
    emit(&store, batch).await.unwrap();
    let expected: Vec<_> = (1..=400_u64).map(|version| (version, version.to_string())).collect();
    assert_eq!(history(&store, "k").await, expected);
}

/// 0 would mean "the next" in one database and 0 in the other.
pub async fn versions_count_from_one(home: Home) {
    let store = home.open().await;
    for version in [0, u64::MAX] {
        let refused = emit(&store, vec![("k".to_owned(), Some(version), 0)]).await;
        assert!(matches!(refused, Err(StoreError::Refused(_))), "{refused:?}");
    }
    assert!(logged(&store).await.is_empty());
}

/// Optimistic concurrency.
pub async fn of_callers_at_the_same_version_one_wins(home: Home) {
    let store = home.open().await;
    for version in 1..=5 {
        let answers = join_all((0..8).map(|caller| emit(&store, vec![("k".to_owned(), Some(version), caller)]))).await;
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "{answers:?}");
        assert!(answers.iter().flat_map(|answer| answer.as_ref().err()).all(StoreError::is_conflict), "{answers:?}");
    }
    assert_eq!(history(&store, "k").await.len(), 5);
}

/// Whoever meets another in the same version is told so, and does it again.
pub async fn callers_of_one_key_lose_nothing(home: Home) {
    let store = home.open().await;
    let store = &store;
    let caller = async |caller| persist(async || emit(store, vec![("k".to_owned(), None, caller)]).await).await;
    join_all((0..16).map(caller)).await;
    let history = history(store, "k").await;
    assert_eq!(history.iter().map(|(version, _)| *version).collect::<Vec<_>>(), (1..=16).collect::<Vec<_>>());
    let mut texts: Vec<usize> = history.iter().map(|(_, text)| text.parse().unwrap()).collect();
    texts.sort_unstable();
    assert_eq!(texts, (0..16).collect::<Vec<_>>());
}
