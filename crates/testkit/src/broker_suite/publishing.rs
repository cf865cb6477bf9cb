//! What a publish is answered, and what is stored after it.

use std::borrow::Cow;
use std::time::Duration;

use futures::future::join_all;
use messaging::headers::copied;
use messaging::{Broker, Expect, Outgoing, PublishError, ReadFrom, RunAck, StreamSpec, partition_of};

use super::{Harness, STREAM, eventually, fill, ids, message, publish, reader, take, with_stream};

async fn held(broker: &dyn Broker) -> u64 {
    broker.state(STREAM).await.expect("an answer").expect("a stream").messages
}

pub async fn an_acknowledged_message_is_in_the_stream_as_it_was_sent(harness: &impl Harness) {
    let broker = with_stream(harness).await;
    let mut sent = message("o-1", "id-1");
    sent.headers = vec![(Cow::Borrowed("ce-type"), "order.placed".to_owned()), (Cow::Owned("x-own".to_owned()), "a=b; c".to_owned())];
    let ack = publish(&*broker, sent.clone(), Expect::Any).await.unwrap();
    assert_eq!((ack.sequence, ack.duplicate), (1, false));
    let stored = broker.message(STREAM, 1).await.unwrap().expect("the message");
    let mut headers = copied(&stored.headers);
    headers.sort();
    assert_eq!(stored.subject, format!("events.order.placed.{}", partition_of("o-1")));
    assert_eq!((stored.sequence, stored.message_id, headers, stored.payload), (1, sent.message_id, sent.headers, sent.payload));
    assert!(stored.stored_ns > 1_600_000_000_000_000_000, "{}", stored.stored_ns);
    assert!(broker.message(STREAM, 2).await.unwrap().is_none());
    assert!(broker.message(STREAM, 0).await.unwrap().is_none());
}

pub async fn a_repeated_id_within_the_window_is_answered_duplicate_and_not_stored(harness: &impl Harness) {
    let broker = with_stream(harness).await;
    let first = publish(&*broker, message("a", "id-1"), Expect::Any).await.unwrap();
    publish(&*broker, message("a", "id-2"), Expect::Any).await.unwrap();
    let again = publish(&*broker, message("b", "id-1"), Expect::Any).await.unwrap();
    assert_eq!((again.sequence, again.duplicate), (first.sequence, true));
    assert_eq!(held(&*broker).await, 2);
    // Without an id nothing is a repeat.
    publish(&*broker, message("a", ""), Expect::Any).await.unwrap();
    assert!(!publish(&*broker, message("a", ""), Expect::Any).await.unwrap().duplicate);
    assert_eq!(held(&*broker).await, 4);
}

pub async fn a_repeated_id_after_the_window_is_stored_again(harness: &impl Harness) {
    let broker = harness.broker();
    let spec = StreamSpec { duplicate_window: Duration::from_millis(300), ..StreamSpec::events("order") };
    broker.ensure(&spec).await.unwrap();
    publish(&*broker, message("a", "id-1"), Expect::Any).await.unwrap();
    assert!(publish(&*broker, message("a", "id-1"), Expect::Any).await.unwrap().duplicate);
    let again = eventually("stored again", || async {
        Some(publish(&*broker, message("a", "id-1"), Expect::Any).await.unwrap()).filter(|ack| !ack.duplicate)
    });
    assert_eq!(again.await.sequence, 2);
}

/// Recorded from nats-server 2.15.1: the last sequence is compared before repeats are looked for, the last id after it. Whoever may have to
/// try again expects an id.
pub async fn a_repeat_that_expects_an_id_is_answered_duplicate_and_one_that_expects_a_sequence_is_refused(harness: &impl Harness) {
    let broker = with_stream(harness).await;
    publish(&*broker, message("a", "id-1"), Expect::Any).await.unwrap();
    let expected = Expect::LastId("id-1".to_owned());
    let first = publish(&*broker, message("a", "id-2"), expected.clone()).await.unwrap();
    // As after an answer that got lost.
    let again = publish(&*broker, message("a", "id-2"), expected).await.unwrap();
    assert_eq!((again.sequence, again.duplicate), (first.sequence, true));
    assert_eq!(publish(&*broker, message("a", "id-2"), Expect::LastSequence(1)).await, Err(PublishError::WrongLast));
    assert!(publish(&*broker, message("a", "id-2"), Expect::LastSequence(2)).await.unwrap().duplicate);
    assert_eq!(held(&*broker).await, 2);
}

pub async fn with_another_last_id_nothing_is_stored(harness: &impl Harness) {
    let broker = with_stream(harness).await;
    let refused = publish(&*broker, message("a", "id-1"), Expect::LastId("id-0".to_owned())).await;
    assert_eq!(refused, Err(PublishError::WrongLast), "an empty stream has no last id");
    publish(&*broker, message("a", "id-1"), Expect::Any).await.unwrap();
    publish(&*broker, message("a", "id-2"), Expect::LastId("id-1".to_owned())).await.unwrap();
    assert_eq!(publish(&*broker, message("a", "id-3"), Expect::LastId("id-1".to_owned())).await, Err(PublishError::WrongLast));
    assert_eq!(held(&*broker).await, 2);
    // What was refused is not taken for a repeat later.
    assert!(!publish(&*broker, message("a", "id-3"), Expect::LastId("id-2".to_owned())).await.unwrap().duplicate);
}

pub async fn with_another_last_sequence_nothing_is_stored(harness: &impl Harness) {
    let broker = with_stream(harness).await;
    assert_eq!(publish(&*broker, message("a", "id-1"), Expect::LastSequence(1)).await, Err(PublishError::WrongLast));
    publish(&*broker, message("a", "id-1"), Expect::LastSequence(0)).await.unwrap();
    assert_eq!(publish(&*broker, message("a", "id-2"), Expect::LastSequence(0)).await, Err(PublishError::WrongLast));
    assert_eq!(held(&*broker).await, 1);
    publish(&*broker, message("a", "id-2"), Expect::LastSequence(1)).await.unwrap();
}

/// Recorded from nats-server 2.15.1: it compares with the id of the newest message, and that one has none.
pub async fn after_a_message_without_id_no_id_is_the_last_one(harness: &impl Harness) {
    let broker = with_stream(harness).await;
    publish(&*broker, message("a", "id-1"), Expect::Any).await.unwrap();
    publish(&*broker, message("foreign", ""), Expect::Any).await.unwrap();
    assert_eq!(publish(&*broker, message("a", "id-2"), Expect::LastId("id-1".to_owned())).await, Err(PublishError::WrongLast));
    publish(&*broker, message("a", "id-2"), Expect::LastSequence(2)).await.unwrap();
    publish(&*broker, message("a", "id-3"), Expect::LastId("id-2".to_owned())).await.unwrap();
}

/// A log that was purged must be published again under other ids.
pub async fn a_purge_keeps_the_last_sequence_and_the_duplicate_window(harness: &impl Harness) {
    let broker = with_stream(harness).await;
    fill(&*broker, 3).await;
    let before = broker.state(STREAM).await.unwrap().unwrap();
    harness.purge(STREAM).await;
    let after = broker.state(STREAM).await.unwrap().unwrap();
    assert_eq!((after.messages, after.first_sequence, after.last_sequence, after.created_ns), (0, 4, 3, before.created_ns));
    assert!(broker.message(STREAM, 3).await.unwrap().is_none());
    assert!(publish(&*broker, message("a", "2"), Expect::Any).await.unwrap().duplicate);
    assert_eq!(publish(&*broker, message("a", "2/2"), Expect::LastId("2".to_owned())).await.unwrap().sequence, 4);
}

pub async fn publishes_are_taken_in_the_order_they_are_handed_over(harness: &impl Harness) {
    let broker = with_stream(harness).await;
    assert_eq!(fill(&*broker, 2_000).await, 2_000);
    let read = take(&mut *reader(&*broker, ReadFrom::First).await, 2_000).await;
    let sent: Vec<String> = (0..2_000).map(|number| number.to_string()).collect();
    assert_eq!(ids(&read), sent);
}

/// The relay's way to publish: every message names the one before it, and all are on their way at once.
pub async fn behind_a_refused_link_the_rest_of_the_chain_is_refused(harness: &impl Harness) {
    let broker = with_stream(harness).await;
    publish(&*broker, message("a", "0"), Expect::Any).await.unwrap();
    let mut answers = Vec::new();
    for number in 1..=20 {
        let before = if number == 11 { "lost".to_owned() } else { (number - 1).to_string() };
        answers.push(broker.publish(message("a", &number.to_string()), Expect::LastId(before)).await.unwrap());
    }
    for (number, answer) in (1_u64..).zip(answers) {
        match answer.await {
            Ok(ack) => assert!(number <= 10 && ack.sequence == number + 1, "{number}: {ack:?}"),
            Err(error) => assert!(number > 10 && error == PublishError::WrongLast, "{number}: {error}"),
        }
    }
    assert_eq!(held(&*broker).await, 11);
}

fn run(ids: impl IntoIterator<Item = u64>) -> Vec<Outgoing> {
    ids.into_iter().map(|number| message(&format!("k{}", number % 50), &number.to_string())).collect()
}

async fn publish_run(broker: &dyn Broker, run: Vec<Outgoing>, expect: Expect) -> Result<RunAck, PublishError> {
    broker.publish_run(run, expect).await?.await
}

/// The relay's way: several runs on their way at once, each behind the one before it.
pub async fn runs_are_stored_whole_and_in_order_behind_one_another(harness: &impl Harness) {
    let broker = with_stream(harness).await;
    let mut answers = Vec::new();
    for (first, count) in [(1_u64, 600_u64), (601, 1), (602, 2), (604, 256)] {
        let expect = if first == 1 { Expect::LastSequence(0) } else { Expect::LastId((first - 1).to_string()) };
        answers.push((first + count - 1, broker.publish_run(run(first..first + count), expect).await.unwrap()));
    }
    for (last, answer) in answers {
        assert_eq!(answer.await, Ok(RunAck { sequence: last, remembered: Vec::new() }));
    }
    let read = take(&mut *reader(&*broker, ReadFrom::First).await, 859).await;
    let sent: Vec<String> = (1..=859).map(|number| number.to_string()).collect();
    assert_eq!(ids(&read), sent);
    let headers = broker.message(STREAM, 602).await.unwrap().unwrap().headers;
    assert_eq!(copied(&headers), Vec::new(), "nothing of the run stays with its messages");
}

/// As when a process starts: the relays of all its streams begin together.
pub async fn the_first_runs_of_many_streams_may_come_at_once(harness: &impl Harness) {
    let broker = harness.broker();
    let domains: Vec<String> = (0..16).map(|number| format!("d{number}")).collect();
    for domain in &domains {
        broker.ensure(&StreamSpec::events(domain)).await.expect("a stream");
    }
    let runs = domains.iter().map(|domain| {
        let run = run(1..40).into_iter().map(|message| Outgoing { subject: format!("events.{domain}.placed.a"), ..message }).collect();
        publish_run(&*broker, run, Expect::LastSequence(0))
    });
    for ack in join_all(runs).await {
        assert_eq!(ack, Ok(RunAck { sequence: 39, remembered: Vec::new() }));
    }
}

pub async fn a_run_that_expects_another_last_message_is_not_stored(harness: &impl Harness) {
    let broker = with_stream(harness).await;
    assert_eq!(publish_run(&*broker, run(1..4), Expect::LastSequence(1)).await, Err(PublishError::WrongLast));
    assert_eq!(publish_run(&*broker, run(1..4), Expect::LastId("0".to_owned())).await, Err(PublishError::WrongLast));
    publish_run(&*broker, run(1..4), Expect::LastSequence(0)).await.unwrap();
    publish(&*broker, message("foreign", ""), Expect::Any).await.unwrap();
    assert_eq!(publish_run(&*broker, run(4..8), Expect::LastId("3".to_owned())).await, Err(PublishError::WrongLast));
    assert_eq!(held(&*broker).await, 4);
    // What was refused is not taken for a repeat later.
    let ack = publish_run(&*broker, run(4..8), Expect::LastSequence(4)).await;
    assert_eq!(ack, Ok(RunAck { sequence: 8, remembered: Vec::new() }));
}

/// As after a purge within the duplicate window: whoever publishes again must learn that the stream does not have what it remembers.
pub async fn a_run_never_hides_that_one_of_it_was_only_remembered(harness: &impl Harness) {
    for remembered in [11_u64, 13, 16] {
        with_stream(harness).await;
        harness.delete(STREAM).await;
        let broker = with_stream(harness).await;
        publish(&*broker, message("a", &remembered.to_string()), Expect::Any).await.unwrap();
        harness.purge(STREAM).await;
        publish(&*broker, message("a", "10"), Expect::Any).await.unwrap();
        match publish_run(&*broker, run(11..17), Expect::LastId("10".to_owned())).await {
            Ok(ack) => assert!(!ack.remembered.is_empty() || ack.sequence < 8, "{remembered}: {ack:?}"),
            Err(error) => assert!(matches!(error, PublishError::WrongLast | PublishError::Ambiguous), "{remembered}: {error}"),
        }
        // And what is behind it is not stored without it, but for the last one, whose successor is refused.
        let next = publish_run(&*broker, run(17..19), Expect::LastId("16".to_owned())).await;
        assert_eq!(next, Err(PublishError::WrongLast), "{remembered}");
        assert_eq!(held(&*broker).await, remembered - 10, "{remembered}");
    }
}

/// nats-server 2.15.1 never forgets a batch with a message in it that was refused for its id, and takes 1,000 at a time.
pub async fn refused_runs_leave_nothing_that_stops_later_ones(harness: &impl Harness) {
    let broker = with_stream(harness).await;
    publish(&*broker, message("a", "0"), Expect::Any).await.unwrap();
    for _ in 0..20 {
        let mut answers = Vec::new();
        for number in 1..=52 {
            answers.push(broker.publish_run(run(number..number + 2), Expect::LastId("lost".to_owned())).await.unwrap());
        }
        for answer in answers {
            let error = answer.await.unwrap_err();
            assert!(matches!(error, PublishError::WrongLast | PublishError::Ambiguous), "{error}");
        }
    }
    assert_eq!(held(&*broker).await, 1);
    // Whoever is told that it is not known looks, and tries again.
    let taken = eventually("a run is taken", || async { publish_run(&*broker, run(1..4), Expect::LastId("0".to_owned())).await.ok() });
    assert_eq!(taken.await, RunAck { sequence: 4, remembered: Vec::new() });
}

pub async fn a_run_that_expects_nothing_goes_among_the_messages_of_others(harness: &impl Harness) {
    let broker = with_stream(harness).await;
    fill(&*broker, 5).await;
    let ack = publish_run(&*broker, run(3..8), Expect::Any).await.unwrap();
    assert_eq!(ack, RunAck { sequence: 8, remembered: vec![("3".to_owned(), 4), ("4".to_owned(), 5)] });
}

pub async fn the_stored_subject_ends_in_the_partition_of_its_key(harness: &impl Harness) {
    let broker = with_stream(harness).await;
    let keys: Vec<String> = (0..200).map(|number| format!("Key_{number}-{:x}", number * 7919)).collect();
    for key in &keys {
        publish(&*broker, message(key, key), Expect::Any).await.unwrap();
    }
    for stored in take(&mut *reader(&*broker, ReadFrom::First).await, keys.len()).await {
        assert_eq!(stored.subject, format!("events.order.placed.{}", partition_of(&stored.message_id)));
    }
}

pub async fn a_subject_that_no_stream_takes_is_told_apart(harness: &impl Harness) {
    let broker = with_stream(harness).await;
    for subject in ["events.unknown.placed.a", "events.order.placed", "events.order.placed.a.b"] {
        let mut stray = message("a", "id-1");
        stray.subject = subject.to_owned();
        assert_eq!(publish(&*broker, stray, Expect::Any).await, Err(PublishError::NoStream), "{subject}");
    }
}

pub async fn what_cannot_travel_in_a_header_is_refused(harness: &impl Harness) {
    let broker = with_stream(harness).await;
    let header = |name: &'static str, value: &str| {
        let mut bad = message("a", "id-1");
        bad.headers.push((Cow::Borrowed(name), value.to_owned()));
        (bad, Expect::Any)
    };
    let bad = [
        header("x-own", "two\r\nlines"),
        header("x own", "name"),
        header("x:own", "name"),
        (message("a", "id\n1"), Expect::Any),
        (message("a", "id-1"), Expect::LastId("id\n0".to_owned())),
        (message("a", "id-1"), Expect::LastId(String::new())),
        (message("a b", "id-1"), Expect::Any),
    ];
    for (bad, expect) in bad {
        let refused = publish(&*broker, bad.clone(), expect).await;
        assert!(matches!(refused, Err(PublishError::Refused(_))), "{bad:?}: {refused:?}");
    }
    assert_eq!(held(&*broker).await, 0);
    publish(&*broker, message("a", "id-1"), Expect::Any).await.unwrap();
}
