//! Streams as declared: made, changed, full, gone, gathered.

use std::time::Duration;

use messaging::{ALL_EVENTS, BrokerError, Expect, Kind, ReadFrom, ReaderSpec, StreamSpec, stream_of, streams};

use super::{Harness, STREAM, eventually, fill, ids, message, publish, reader, take, with_stream};

pub async fn ensuring_twice_changes_nothing(harness: &impl Harness) {
    let broker = with_stream(harness).await;
    fill(&*broker, 3).await;
    let before = broker.state(STREAM).await.unwrap().unwrap();
    assert_eq!((before.messages, before.first_sequence, before.last_sequence), (3, 1, 3));
    let again = broker.ensure(&StreamSpec::events("order")).await.unwrap();
    assert_eq!(again, before);
    assert_eq!(broker.state(STREAM).await.unwrap(), Some(before));
}

pub async fn a_changed_declaration_takes_effect(harness: &impl Harness) {
    let broker = with_stream(harness).await;
    fill(&*broker, 10).await;
    broker.ensure(&StreamSpec { max_messages: 4, ..StreamSpec::events("order") }).await.unwrap();
    fill(&*broker, 12).await;
    let state = broker.state(STREAM).await.unwrap().unwrap();
    assert_eq!((state.messages, state.last_sequence), (4, 12), "ten repeats, two new");
}

pub async fn overlapping_subjects_are_refused(harness: &impl Harness) {
    let broker = with_stream(harness).await;
    let other = StreamSpec { name: "OTHER".to_owned(), stored_as: None, ..StreamSpec::events("order") };
    assert!(matches!(broker.ensure(&other).await, Err(BrokerError::Refused(_))));
    assert_eq!(broker.state("OTHER").await.unwrap(), None);
}

pub async fn a_name_that_is_no_token_is_refused(harness: &impl Harness) {
    let broker = with_stream(harness).await;
    for name in ["two.tokens", "two words", "", "*"] {
        let spec = StreamSpec { name: name.to_owned(), ..StreamSpec::events("stock") };
        assert!(matches!(broker.ensure(&spec).await, Err(BrokerError::Refused(_))), "stream {name:?}");
        let spec = ReaderSpec {
            stream: STREAM.to_owned(),
            durable: name.to_owned(),
            filters: Vec::new(),
            from: ReadFrom::First,
            prefetch: 1,
            unused_for: None,
        };
        assert!(matches!(broker.read(spec).await.err(), Some(BrokerError::Refused(_))), "durable {name:?}");
    }
}

pub async fn a_missing_stream_is_told_apart_from_an_empty_one(harness: &impl Harness) {
    let broker = with_stream(harness).await;
    let empty = broker.state(STREAM).await.unwrap().expect("the empty stream");
    assert_eq!((empty.messages, empty.first_sequence, empty.last_sequence), (0, 0, 0));
    assert!(broker.message(STREAM, 1).await.unwrap().is_none());
    assert_eq!(broker.state("MISSING").await.unwrap(), None);
    let missing = BrokerError::NoStream("MISSING".to_owned());
    assert_eq!(broker.message("MISSING", 1).await.unwrap_err(), missing);
    let spec = ReaderSpec {
        stream: "MISSING".to_owned(),
        durable: "suite".to_owned(),
        filters: Vec::new(),
        from: ReadFrom::First,
        prefetch: 1,
        unused_for: None,
    };
    assert_eq!(broker.read(spec).await.err(), Some(missing));
}

pub async fn beyond_max_messages_the_oldest_are_gone(harness: &impl Harness) {
    let broker = harness.broker();
    broker.ensure(&StreamSpec { max_messages: 10, ..StreamSpec::events("order") }).await.unwrap();
    fill(&*broker, 25).await;
    let state = broker.state(STREAM).await.unwrap().unwrap();
    assert_eq!((state.messages, state.first_sequence, state.last_sequence), (10, 16, 25));
    assert!(broker.message(STREAM, 15).await.unwrap().is_none());
    assert!(broker.message(STREAM, 16).await.unwrap().is_some());
    let read = take(&mut *reader(&*broker, ReadFrom::Sequence(3)).await, 10).await;
    assert_eq!(read.iter().map(|message| message.sequence).collect::<Vec<_>>(), (16..=25).collect::<Vec<_>>());
}

pub async fn beyond_max_age_messages_are_gone(harness: &impl Harness) {
    let broker = harness.broker();
    broker.ensure(&StreamSpec { max_age: Duration::from_secs(1), ..StreamSpec::events("order") }).await.unwrap();
    fill(&*broker, 3).await;
    let gone = || async { broker.state(STREAM).await.unwrap().filter(|state| state.messages == 0) };
    let state = eventually("the messages' end", gone).await;
    assert_eq!((state.first_sequence, state.last_sequence), (4, 3));
}

pub async fn another_stream_under_an_old_name_is_told_by_its_creation(harness: &impl Harness) {
    let broker = with_stream(harness).await;
    fill(&*broker, 3).await;
    let old = broker.state(STREAM).await.unwrap().unwrap();
    harness.delete(STREAM).await;
    assert_eq!(broker.state(STREAM).await.unwrap(), None);
    let new = broker.ensure(&StreamSpec::events("order")).await.unwrap();
    assert_ne!(new.created_ns, old.created_ns);
    assert_eq!((new.messages, new.last_sequence), (0, 0));
    // Its duplicate window is new too.
    assert!(!publish(&*broker, message("a", "0"), Expect::LastSequence(0)).await.unwrap().duplicate);
}

pub async fn a_stream_that_sources_others_holds_what_they_hold(harness: &impl Harness) {
    let broker = harness.broker();
    let mut declared = streams(["order", "stock"], ["inventory"]);
    declared.push(StreamSpec::all_events(["order", "stock"]));
    for spec in declared {
        broker.ensure(&spec).await.unwrap();
        broker.ensure(&spec).await.unwrap();
    }
    let mut stock = message("s", "s-1");
    stock.subject = "events.stock.changed.s".to_owned();
    publish(&*broker, stock, Expect::Any).await.unwrap();
    publish(&*broker, message("o", "o-1"), Expect::Any).await.unwrap();
    // A predecessor in its own stream says nothing about the stream that gathers.
    publish(&*broker, message("o", "o-2"), Expect::LastId("o-1".to_owned())).await.unwrap();
    let spec = ReaderSpec {
        stream: ALL_EVENTS.to_owned(),
        durable: "suite".to_owned(),
        filters: Vec::new(),
        from: ReadFrom::First,
        prefetch: 10,
        unused_for: None,
    };
    let read = take(&mut *broker.read(spec).await.unwrap(), 3).await;
    let mut gathered = ids(&read);
    gathered.sort_unstable();
    assert_eq!(gathered, ["o-1", "o-2", "s-1"]);
    for message in &read {
        let owner = if message.message_id.starts_with('s') { "stock" } else { "order" };
        let original =
            broker.message(&stream_of(Kind::Event, owner), if message.message_id == "o-2" { 2 } else { 1 }).await.unwrap().unwrap();
        assert_eq!((&original.subject, &original.payload), (&message.subject, &message.payload));
    }
}
