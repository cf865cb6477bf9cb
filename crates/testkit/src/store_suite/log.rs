//! Reading the log back.

use std::collections::BTreeMap;

use messaging::{Cause, Kind, PARTITIONS, partition_of};
use store::{Clock, Store, StoreError, log};
use telemetry::TraceContext;

use super::home::{Hands, Home};
use super::notes::{NOTES, STREAM, because_of, emit, envelope, logged, noted, number};

/// Field by field, byte by byte.
pub async fn a_message_comes_back_as_it_was_written(home: Home) {
    let store = home.open_at(&Hands::at(77)).await;
    let mut written = envelope(Kind::Event, "note.taken", "pad", "key_1-A");
    written.id = "given-id".to_owned();
    written.time_us = 1_700_000_000_123_456;
    written.content_type = "application/json".to_owned();
    written.correlation_id = "Gespräch 🦀".to_owned();
    written.causation_id = "cause".to_owned();
    written.trace = TraceContext {
        traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".to_owned(),
        tracestate: "a=b,c=d".to_owned(),
    };
    written.extensions = BTreeMap::from([("note".to_owned(), "a \"quoted\" 日本語".to_owned()), ("empty".to_owned(), String::new())]);
    written.payload = (0..=255_u8).collect::<Vec<_>>().into();
    let handed = written.clone();
    let write = store.write::<(), StoreError, _>(move |work| {
        Box::pin(async move {
            work.emit_envelope(&Cause::root("other"), handed, None);
            Ok(())
        })
    });
    write.await.unwrap();
    number(&store).await;
    let row = log::at(&store, STREAM, partition_of("key_1-A"), 1).await.unwrap().unwrap();
    (written.source, written.sequence, written.position) = ("notes".to_owned(), 1, 1);
    assert_eq!(*row.envelope, written);
}

async fn three_keys(store: &Store) {
    for round in 0..20 {
        emit(store, if round % 2 == 0 { &["a", "b", "a"] } else { &["c"] }).await.unwrap();
        number(store).await;
    }
}

/// From inclusive, limit kept, the end is an empty page.
pub async fn a_partition_is_read_from_a_position_in_pages(home: Home) {
    let store = home.open().await;
    three_keys(&store).await;
    let partition = partition_of("a");
    let mut from = 1;
    let mut read = Vec::new();
    loop {
        let page = log::read(&store, STREAM, partition, from, 7).await.unwrap();
        let Some(last) = page.last() else { break };
        assert!(page.len() <= 7);
        from = last.envelope.position + 1;
        read.extend(page);
    }
    assert!(read.iter().all(|row| row.partition == partition && row.envelope.source == "notes"));
    assert_eq!(read.iter().map(|row| row.envelope.position).collect::<Vec<_>>(), (1..=read.len() as u64).collect::<Vec<_>>());
    let of_a: Vec<u64> = read.iter().filter(|row| row.envelope.key == "a").map(|row| row.envelope.sequence).collect();
    assert_eq!(of_a, (1..=20).collect::<Vec<_>>());
    assert!(log::read(&store, "EVENTS_OTHER", partition, 1, 7).await.unwrap().is_empty());
}

/// After exclusive; streams apart.
pub async fn a_stream_is_read_in_the_order_of_publishing(home: Home) {
    let store = home.open().await;
    three_keys(&store).await;
    let write = store.write::<(), StoreError, _>(|work| {
        Box::pin(async move {
            work.emit_envelope(&because_of("x"), envelope(Kind::Command, "pad.clean", "pad", "a"), None);
            work.emit(&because_of("x"), &noted("a", "behind the command"));
            Ok(())
        })
    });
    write.await.unwrap();
    number(&store).await;
    let all = log::after(&store, STREAM, 0, 1000).await.unwrap();
    let ids: Vec<_> = all.iter().map(|row| row.envelope.id.clone()).collect();
    let appended: Vec<_> = logged(&store).await.into_iter().map(|(id, ..)| id).collect();
    assert_eq!(ids.len(), 41);
    assert_eq!(ids, appended.iter().filter(|id| ids.contains(id)).cloned().collect::<Vec<_>>());
    let mut paged = Vec::new();
    while let page = log::after(&store, STREAM, paged.last().map_or(0, |row: &store::LogRow| row.seq), 6).await.unwrap()
        && !page.is_empty()
    {
        paged.extend(page);
    }
    assert_eq!(paged.iter().map(|row| row.envelope.id.clone()).collect::<Vec<_>>(), ids);
    let commands = log::after(&store, "COMMANDS_PAD", 0, 10).await.unwrap();
    assert_eq!(commands.iter().map(|row| (row.envelope.kind, row.envelope.position)).collect::<Vec<_>>(), [(Kind::Command, 1)]);
    let mut streams = log::streams(&store).await.unwrap();
    streams.sort();
    assert_eq!(streams, ["COMMANDS_PAD", STREAM]);
    assert_eq!(log::last(&store, STREAM).await.unwrap(), all.last().unwrap().seq);
    assert_eq!(log::last(&store, "EVENTS_OTHER").await.unwrap(), 0);
}

/// Every message is found at its position, nothing behind the head.
pub async fn heads_and_single_positions_agree_with_the_log(home: Home) {
    let store = home.open().await;
    assert!(log::heads(&store).await.unwrap().is_empty());
    three_keys(&store).await;
    let heads = log::heads(&store).await.unwrap();
    let all = log::after(&store, STREAM, 0, 1000).await.unwrap();
    let mut found = 0;
    for partition in 0..PARTITIONS {
        let head = heads.iter().find(|(stream, at, _)| stream == STREAM && *at == partition).map_or(0, |(_, _, head)| *head);
        for position in 1..=head {
            let row = log::at(&store, STREAM, partition, position).await.unwrap().unwrap();
            assert!(all.iter().any(|other| other.seq == row.seq && other.envelope == row.envelope));
            found += 1;
        }
        assert!(log::at(&store, STREAM, partition, 0).await.unwrap().is_none());
        assert!(log::at(&store, STREAM, partition, head + 1).await.unwrap().is_none());
    }
    assert_eq!(found, all.len());
}

/// Times need not rise with the order: the first in publishing order that is late enough.
pub async fn the_first_message_since_a_time_is_found(home: Home) {
    let hands = Hands::at(0);
    let store = home.open_at(&hands).await;
    for time in [100, 300, 200, 400] {
        hands.set(time);
        emit(&store, &["a"]).await.unwrap();
    }
    number(&store).await;
    let seqs: Vec<i64> = log::after(&store, STREAM, 0, 10).await.unwrap().iter().map(|row| row.seq).collect();
    for (time, expected) in [(0, Some(seqs[0])), (100, Some(seqs[0])), (101, Some(seqs[1])), (301, Some(seqs[3])), (401, None)] {
        assert_eq!(log::first_since(&store, STREAM, time).await.unwrap(), expected, "since {time}");
    }
    assert_eq!(log::first_since(&store, "EVENTS_OTHER", 0).await.unwrap(), None);
}

/// What an aggregate is folded from; what the work itself emitted is not in it yet.
pub async fn the_history_of_a_key_is_in_version_order(home: Home) {
    let store = home.open().await;
    three_keys(&store).await;
    let read = store.write::<_, StoreError, _>(|work| {
        Box::pin(async move {
            work.emit(&because_of("x"), &noted("a", "not yet"));
            let none = work.history(Kind::Event, "note", "note", "nobody").await?;
            Ok((work.history(Kind::Event, "note", "note", "a").await?, none))
        })
    });
    let (history, none) = read.await.unwrap();
    assert_eq!(history.iter().map(|envelope| envelope.sequence).collect::<Vec<_>>(), (1..=20).collect::<Vec<_>>());
    assert!(history.iter().all(|envelope| envelope.key == "a" && envelope.source == "notes" && envelope.type_ == "note.taken"));
    assert!(none.is_empty());
}

/// One folder, one database, but each its own.
pub async fn services_do_not_see_each_other(home: Home) {
    let notes = home.open().await;
    let pads = Store::open(home.place(), "pads", NOTES, Clock::system()).await.unwrap();
    emit(&notes, &["a", "b"]).await.unwrap();
    emit(&pads, &["c"]).await.unwrap();
    assert_eq!(logged(&notes).await.len(), 2);
    assert_eq!(logged(&pads).await.len(), 1);
    number(&pads).await;
    assert_eq!(log::after(&pads, STREAM, 0, 10).await.unwrap()[0].envelope.source, "pads");
}

/// The relay would stand before it for ever; a short key and a long body pass.
pub async fn what_the_broker_would_never_take_is_refused(home: Home) {
    let store = home.open().await;
    let write = async |key: &str, bytes: usize| {
        let mut written = envelope(Kind::Event, "note.taken", "note", key);
        written.payload = vec![7; bytes].into();
        let work = store.write::<(), StoreError, _>(move |work| {
            Box::pin(async move {
                work.emit_envelope(&because_of("x"), written, None);
                Ok(())
            })
        });
        work.await
    };
    for key in ["", "two.tokens", "two words", "*", ">", "line\n", "bell\u{7}", &"k".repeat(257)] {
        assert!(matches!(write(key, 1).await, Err(StoreError::Refused(_))), "{key:?}");
    }
    let refused = write("k", messaging::MAX_PAYLOAD + 1).await.unwrap_err();
    assert!(matches!(&refused, StoreError::Refused(why) if why.contains("note.taken of k: 900001 bytes")), "{refused}");
    assert_eq!(logged(&store).await, []);
    write("牛奶", messaging::MAX_PAYLOAD).await.unwrap();
    assert_eq!(logged(&store).await.len(), 1);
}
