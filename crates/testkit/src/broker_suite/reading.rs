//! What a durable reader is given: everything from its place on, in order, at least once, or the word that it is lost.

use std::borrow::Cow;
use std::time::Duration;

use messaging::headers::copied;
use messaging::{BrokerError, Expect, PARTITIONS, ReadFrom, ReaderSpec, partition_of};
use tokio::time::Instant;

use super::{Harness, SOON, STREAM, eventually, fill, ids, message, publish, reader, reader_of, take, with_stream};

fn sequences(messages: &[messaging::Incoming]) -> Vec<u64> {
    messages.iter().map(|message| message.sequence).collect()
}

pub async fn a_reader_starts_at_the_first_message_that_is_there(harness: &impl Harness) {
    let broker = with_stream(harness).await;
    fill(&*broker, 3).await;
    let mut reader = reader(&*broker, ReadFrom::First).await;
    assert_eq!(sequences(&take(&mut *reader, 3).await), [1, 2, 3]);
    publish(&*broker, message("a", "later"), Expect::Any).await.unwrap();
    assert_eq!(ids(&take(&mut *reader, 1).await), ["later"]);
}

pub async fn a_reader_starts_at_a_sequence_or_the_next_after_it(harness: &impl Harness) {
    let broker = with_stream(harness).await;
    fill(&*broker, 5).await;
    assert_eq!(sequences(&take(&mut *reader(&*broker, ReadFrom::Sequence(4)).await, 2).await), [4, 5]);
    assert_eq!(sequences(&take(&mut *reader(&*broker, ReadFrom::Sequence(0)).await, 1).await), [1]);
    harness.purge(STREAM).await;
    publish(&*broker, message("a", "sixth"), Expect::Any).await.unwrap();
    assert_eq!(sequences(&take(&mut *reader(&*broker, ReadFrom::Sequence(2)).await, 1).await), [6]);
}

pub async fn a_reader_of_what_is_new_skips_what_is_there(harness: &impl Harness) {
    let broker = with_stream(harness).await;
    fill(&*broker, 3).await;
    let mut reader = reader(&*broker, ReadFrom::New).await;
    publish(&*broker, message("a", "new"), Expect::Any).await.unwrap();
    assert_eq!(ids(&take(&mut *reader, 1).await), ["new"]);
}

/// After a loss the stored place can be beyond what the broker still knows: nothing that comes may be skipped.
pub async fn a_reader_placed_beyond_the_end_starts_with_the_next_message(harness: &impl Harness) {
    let broker = with_stream(harness).await;
    fill(&*broker, 3).await;
    let mut reader = reader(&*broker, ReadFrom::Sequence(100)).await;
    publish(&*broker, message("a", "next"), Expect::Any).await.unwrap();
    assert_eq!(ids(&take(&mut *reader, 1).await), ["next"]);
}

pub async fn a_message_is_read_as_it_is_stored(harness: &impl Harness) {
    let broker = with_stream(harness).await;
    let mut sent = message("o-1", "id-1");
    sent.headers = vec![(Cow::Borrowed("ce-type"), "order.placed".to_owned()), (Cow::Owned("x-own".to_owned()), "1".to_owned())];
    publish(&*broker, message("o-0", "id-0"), Expect::Any).await.unwrap();
    publish(&*broker, sent, Expect::LastId("id-0".to_owned())).await.unwrap();
    let read = take(&mut *reader(&*broker, ReadFrom::Sequence(2)).await, 1).await.remove(0);
    let stored = broker.message(STREAM, 2).await.unwrap().unwrap();
    let (mut came, mut stands) = (copied(&read.headers), copied(&stored.headers));
    came.sort();
    stands.sort();
    assert_eq!(came.len(), 2, "what was expected of the stream is no part of the message: {came:?}");
    assert_eq!((read.subject, read.sequence, read.stored_ns), (stored.subject, stored.sequence, stored.stored_ns));
    assert_eq!((read.message_id, came, read.payload), (stored.message_id, stands, stored.payload));
}

/// tokio's cooperative budget ends a naive loop over what is ready near 128 messages, however many are there.
pub async fn take_gives_a_full_batch_of_a_thousand_when_five_thousand_are_ready(harness: &impl Harness) {
    let broker = with_stream(harness).await;
    fill(&*broker, 5_000).await;
    let deadline = Instant::now() + SOON;
    // How long the messages take to be ready depends on the machine: a reader that was too quick is opened again with more patience.
    for patience in 1.. {
        let spec = ReaderSpec {
            stream: STREAM.to_owned(),
            durable: "big".to_owned(),
            filters: Vec::new(),
            from: ReadFrom::First,
            prefetch: 5_000,
            unused_for: None,
        };
        let mut reader = broker.read(spec).await.unwrap();
        assert_eq!(take(&mut *reader, 1).await.len(), 1);
        tokio::time::sleep(Duration::from_millis(20) * patience).await;
        let mut batches = Vec::new();
        for _ in 0..4 {
            batches.push(reader.take(1_000).await.unwrap().len());
        }
        if batches == [1_000; 4] {
            return;
        }
        assert!(Instant::now() < deadline, "no four full batches: {batches:?}");
    }
}

pub async fn take_gives_no_more_than_asked_for(harness: &impl Harness) {
    let broker = with_stream(harness).await;
    fill(&*broker, 50).await;
    let mut reader = reader(&*broker, ReadFrom::First).await;
    let mut read = Vec::new();
    while read.len() < 50 {
        let batch = tokio::time::timeout(SOON, reader.take(7)).await.expect("a batch in time").unwrap();
        assert!((1..=7).contains(&batch.len()), "{}", batch.len());
        read.extend(batch);
    }
    assert_eq!(sequences(&read), (1..=50).collect::<Vec<_>>());
}

pub async fn a_take_given_up_loses_nothing(harness: &impl Harness) {
    let broker = with_stream(harness).await;
    let mut reader = reader(&*broker, ReadFrom::First).await;
    let mut read = Vec::new();
    let deadline = Instant::now() + SOON;
    for number in 0..200 {
        publish(&*broker, message("a", &number.to_string()), Expect::Any).await.unwrap();
        // Given up at every possible moment around the arrival.
        if let Ok(batch) = tokio::time::timeout(Duration::from_micros(number * 5), reader.take(10)).await {
            read.extend(batch.unwrap());
        }
    }
    while read.len() < 200 && Instant::now() < deadline {
        read.extend(take(&mut *reader, 1).await);
    }
    assert_eq!(sequences(&read), (1..=200).collect::<Vec<_>>());
}

pub async fn a_reader_that_never_settles_gets_everything_in_order(harness: &impl Harness) {
    let broker = with_stream(harness).await;
    let mut reader = reader(&*broker, ReadFrom::First).await;
    let (_, read) = tokio::join!(fill(&*broker, 6_000), take(&mut *reader, 6_000));
    assert_eq!(sequences(&read), (1..=6_000).collect::<Vec<_>>());
}

pub async fn unsettled_messages_are_read_again_from_the_stored_place(harness: &impl Harness) {
    let broker = with_stream(harness).await;
    fill(&*broker, 20).await;
    let mut first = reader(&*broker, ReadFrom::First).await;
    assert_eq!(take(&mut *first, 20).await.len(), 20);
    first.settle(5).await.unwrap();
    drop(first);
    let mut second = reader(&*broker, ReadFrom::Sequence(6)).await;
    assert_eq!(sequences(&take(&mut *second, 15).await), (6..=20).collect::<Vec<_>>());
}

pub async fn what_is_settled_is_not_read_again_from_the_next_sequence(harness: &impl Harness) {
    let broker = with_stream(harness).await;
    fill(&*broker, 10).await;
    let mut first = reader(&*broker, ReadFrom::First).await;
    take(&mut *first, 10).await;
    first.settle(10).await.unwrap();
    // Neither again nor beyond what was given does harm.
    first.settle(10).await.unwrap();
    first.settle(1_000).await.unwrap();
    let mut second = reader(&*broker, ReadFrom::Sequence(11)).await;
    publish(&*broker, message("a", "eleventh"), Expect::Any).await.unwrap();
    assert_eq!(ids(&take(&mut *second, 1).await), ["eleventh"]);
    second.settle(11).await.unwrap();
}

pub async fn two_durables_read_everything_each(harness: &impl Harness) {
    let broker = with_stream(harness).await;
    fill(&*broker, 30).await;
    let mut one = reader_of(&*broker, "one", Vec::new(), ReadFrom::First).await;
    let mut two = reader_of(&*broker, "two", Vec::new(), ReadFrom::First).await;
    let (one, two) = tokio::join!(take(&mut *one, 30), take(&mut *two, 30));
    assert_eq!(sequences(&one), sequences(&two));
}

pub async fn a_reader_of_some_partitions_gets_those_only(harness: &impl Harness) {
    let broker = with_stream(harness).await;
    fill(&*broker, 400).await;
    let mine = |partition: u32| partition % 4 == 1;
    let filters = (0..PARTITIONS).filter(|partition| mine(*partition)).map(|partition| format!("events.order.*.{partition}")).collect();
    let wanted: Vec<String> =
        (0..400).filter(|number| mine(partition_of(&format!("k{}", number % 50)))).map(|number: i32| number.to_string()).collect();
    assert!(wanted.len() > 20, "keys in those partitions");
    let mut reader = reader_of(&*broker, "some", filters, ReadFrom::First).await;
    assert_eq!(ids(&take(&mut *reader, wanted.len()).await), wanted);
    let more = tokio::time::timeout(Duration::from_millis(100), reader.take(1)).await;
    assert!(more.is_err(), "{more:?}");
}

pub async fn a_reader_replaced_under_its_name_is_lost(harness: &impl Harness) {
    let broker = with_stream(harness).await;
    fill(&*broker, 3).await;
    let mut old = reader(&*broker, ReadFrom::First).await;
    take(&mut *old, 3).await;
    let mut new = reader(&*broker, ReadFrom::First).await;
    assert!(matches!(lost(&mut *old).await, BrokerError::ReaderLost(_)));
    assert!(matches!(lost(&mut *old).await, BrokerError::ReaderLost(_)), "and stays lost");
    assert_eq!(take(&mut *new, 3).await.len(), 3);
}

pub async fn a_reader_of_a_deleted_stream_is_lost(harness: &impl Harness) {
    let broker = with_stream(harness).await;
    let mut reader = reader(&*broker, ReadFrom::First).await;
    let (error, ()) = tokio::join!(lost(&mut *reader), async {
        eventually("the reader waits", || async { broker.state(STREAM).await.unwrap() }).await;
        harness.delete(STREAM).await;
    });
    assert!(matches!(error, BrokerError::ReaderLost(_)), "{error}");
}

/// The error that ends a reader, soon.
pub(super) async fn lost(reader: &mut dyn messaging::Reader) -> BrokerError {
    let end = async {
        loop {
            if let Err(error) = reader.take(100).await {
                return error;
            }
        }
    };
    tokio::time::timeout(SOON, end).await.expect("the reader's end in time")
}
