//! The broker goes away, comes back, and may have forgotten something.

use std::time::Duration;

use bytes::Bytes;
use futures::future::join_all;
use messaging::{Broker, BrokerError, Expect, PublishError, ReadFrom};
use tokio::time::Instant;

use super::{Harness, STREAM, eventually, fill, ids, message, publish, reader, reader_of, take, with_stream};
use crate::broker_suite::reading::lost;

async fn back(broker: &dyn Broker) {
    eventually("the broker is back", || async { broker.state(STREAM).await.ok().flatten() }).await;
}

pub async fn while_the_broker_is_down_calls_fail_in_bounded_time(harness: &impl Harness) {
    let broker = with_stream(harness).await;
    fill(&*broker, 1).await;
    harness.down().await;
    let asked = Instant::now();
    let mut answers = Vec::new();
    for number in 0..50 {
        match broker.publish(message("a", &format!("lost-{number}")), Expect::Any).await {
            Ok(answer) => answers.push(answer),
            Err(error) => assert!(matches!(error, PublishError::Ambiguous | PublishError::NoStream), "{error}"),
        }
    }
    // Together: each has its time from when it is first asked, and on a busy machine all fifty may be handed over before the outage is noticed.
    for answer in join_all(answers).await {
        let error = answer.unwrap_err();
        assert!(matches!(error, PublishError::Ambiguous | PublishError::NoStream), "{error}");
    }
    assert!(asked.elapsed() < Duration::from_secs(12), "{:?}", asked.elapsed());
    let asked = Instant::now();
    let run = broker.publish_run(vec![message("a", "lost-a"), message("a", "lost-b")], Expect::LastId("0".to_owned()));
    let answer = async { run.await?.await };
    let error = answer.await.unwrap_err();
    assert!(matches!(error, PublishError::Ambiguous | PublishError::NoStream), "{error}");
    assert!(asked.elapsed() < Duration::from_secs(12), "{:?}", asked.elapsed());
    let asked = Instant::now();
    assert!(matches!(broker.state(STREAM).await, Err(BrokerError::Unavailable(_))));
    assert!(matches!(broker.message(STREAM, 1).await, Err(BrokerError::Unavailable(_))));
    assert!(matches!(broker.request("log.orders.read", Bytes::new(), Duration::from_secs(1)).await, Err(BrokerError::Unavailable(_))));
    assert!(asked.elapsed() < Duration::from_secs(15), "{:?}", asked.elapsed());
}

pub async fn after_an_outage_the_connection_count_is_another_one_and_work_goes_on(harness: &impl Harness) {
    let broker = with_stream(harness).await;
    fill(&*broker, 3).await;
    let (before, connections) = (broker.state(STREAM).await.unwrap(), broker.connections());
    harness.down().await;
    harness.up().await;
    back(&*broker).await;
    assert_ne!(broker.connections(), connections);
    assert_eq!(broker.state(STREAM).await.unwrap(), before);
    assert!(publish(&*broker, message("a", "2"), Expect::Any).await.unwrap().duplicate, "the duplicate window is still known");
    assert_eq!(publish(&*broker, message("a", "after"), Expect::LastId("2".to_owned())).await.unwrap().sequence, 4);
    let _responder = broker.respond("log.orders.read", "orders", std::sync::Arc::new(|body| Box::pin(async { body }))).await.unwrap();
    broker.request("log.orders.read", Bytes::new(), Duration::from_secs(5)).await.unwrap();
}

/// It may go on or say that it is lost, but it never skips a message, and a new one takes over.
pub async fn an_open_reader_does_not_hide_an_outage(harness: &impl Harness) {
    let broker = with_stream(harness).await;
    fill(&*broker, 10).await;
    let mut open = reader(&*broker, ReadFrom::First).await;
    take(&mut *open, 10).await;
    open.settle(10).await.unwrap();
    harness.down().await;
    harness.up().await;
    back(&*broker).await;
    publish(&*broker, message("a", "after"), Expect::Any).await.unwrap();
    let word = tokio::time::timeout(Duration::from_secs(12), open.take(1)).await.expect("a word within twelve seconds");
    match word {
        Ok(batch) => assert_eq!(ids(&batch), ["after"]),
        Err(error) => assert!(matches!(error, BrokerError::ReaderLost(_)), "{error}"),
    }
    let mut new = reader(&*broker, ReadFrom::Sequence(11)).await;
    assert_eq!(ids(&take(&mut *new, 1).await), ["after"]);
}

/// Nothing but the ids and the connection count tells: same stream, same numbers, other messages.
pub async fn after_a_power_cut_sequences_are_given_again_to_other_messages(harness: &impl Harness) {
    let broker = with_stream(harness).await;
    fill(&*broker, 3).await;
    let kept = broker.state(STREAM).await.unwrap().unwrap();
    harness.remember().await;
    for id in ["x", "y"] {
        publish(&*broker, message("a", id), Expect::Any).await.unwrap();
    }
    let mut ahead = reader_of(&*broker, "ahead", Vec::new(), ReadFrom::First).await;
    take(&mut *ahead, 5).await;
    let connections = broker.connections();
    harness.power_cut().await;
    back(&*broker).await;
    assert_ne!(broker.connections(), connections);
    assert_eq!(broker.state(STREAM).await.unwrap(), Some(kept));
    assert!(matches!(lost(&mut *ahead).await, BrokerError::ReaderLost(_)));
    // The reader's stored place is ahead of the stream; nothing is skipped.
    let mut ahead = reader_of(&*broker, "ahead", Vec::new(), ReadFrom::Sequence(6)).await;
    let again = publish(&*broker, message("a", "y"), Expect::Any).await.unwrap();
    assert_eq!((again.sequence, again.duplicate), (4, false), "the lost id is no repeat");
    assert_eq!(ids(&take(&mut *ahead, 1).await), ["y"]);
}

pub async fn after_a_power_cut_an_expected_id_refuses_what_would_leave_a_hole(harness: &impl Harness) {
    let broker = with_stream(harness).await;
    fill(&*broker, 3).await;
    harness.remember().await;
    publish(&*broker, message("a", "3"), Expect::LastId("2".to_owned())).await.unwrap();
    harness.power_cut().await;
    back(&*broker).await;
    let refused = publish(&*broker, message("a", "4"), Expect::LastId("3".to_owned())).await;
    assert_eq!(refused, Err(PublishError::WrongLast));
    for (id, before) in [("3", "2"), ("4", "3")] {
        publish(&*broker, message("a", id), Expect::LastId(before.to_owned())).await.unwrap();
    }
    assert_eq!(ids(&take(&mut *reader(&*broker, ReadFrom::First).await, 5).await), ["0", "1", "2", "3", "4"]);
}
