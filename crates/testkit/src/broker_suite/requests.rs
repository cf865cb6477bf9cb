//! Requests and who answers them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures::FutureExt;
use messaging::{Answer, BrokerError};
use tokio::sync::Notify;

use super::{Harness, SOON, eventually};

const SUBJECT: &str = "log.orders.read";

fn answering(text: &'static str) -> Answer {
    Arc::new(move |body: Bytes| async move { Bytes::from([text.as_bytes(), &body].concat()) }.boxed())
}

fn counting(counter: &Arc<AtomicUsize>) -> Answer {
    let counter = counter.clone();
    Arc::new(move |body: Bytes| {
        counter.fetch_add(1, Ordering::SeqCst);
        futures::future::ready(body).boxed()
    })
}

pub async fn a_request_is_answered(harness: &impl Harness) {
    let broker = harness.broker();
    let _responder = broker.respond(SUBJECT, "orders", answering("re: ")).await.unwrap();
    let answer = broker.request(SUBJECT, Bytes::from_static(b"hello"), SOON).await.unwrap();
    assert_eq!(answer, "re: hello");
}

pub async fn without_anybody_to_answer_a_request_fails_at_once(harness: &impl Harness) {
    let broker = harness.broker();
    let _other = broker.respond("log.payments.read", "payments", answering("")).await.unwrap();
    let asked = tokio::time::timeout(SOON, broker.request(SUBJECT, Bytes::new(), SOON * 10)).await.expect("an answer at once");
    assert_eq!(asked, Err(BrokerError::NoResponder(SUBJECT.to_owned())));
}

pub async fn a_request_that_nobody_answers_in_time_fails(harness: &impl Harness) {
    let broker = harness.broker();
    let never: Answer = Arc::new(|_| futures::future::pending().boxed());
    let _responder = broker.respond(SUBJECT, "orders", never).await.unwrap();
    let asked = broker.request(SUBJECT, Bytes::new(), Duration::from_millis(50));
    let asked = tokio::time::timeout(SOON, asked).await.expect("an end");
    assert!(matches!(asked, Err(BrokerError::Unavailable(_))), "{asked:?}");
}

pub async fn a_group_shares_the_requests(harness: &impl Harness) {
    let broker = harness.broker();
    let (one, two) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let _one = broker.respond(SUBJECT, "orders", counting(&one)).await.unwrap();
    let _two = broker.respond(SUBJECT, "orders", counting(&two)).await.unwrap();
    for _ in 0..100 {
        broker.request(SUBJECT, Bytes::new(), SOON).await.unwrap();
    }
    let (one, two) = (one.load(Ordering::SeqCst), two.load(Ordering::SeqCst));
    assert_eq!(one + two, 100, "each request is answered once");
    assert!(one > 0 && two > 0, "{one} and {two}");
}

pub async fn a_slow_answer_does_not_hold_up_others(harness: &impl Harness) {
    let broker = harness.broker();
    let release = Arc::new(Notify::new());
    let gate = release.clone();
    let answer: Answer = Arc::new(move |body: Bytes| {
        let gate = gate.clone();
        async move {
            if body == "slow" {
                gate.notified().await;
            }
            body
        }
        .boxed()
    });
    let _responder = broker.respond(SUBJECT, "orders", answer).await.unwrap();
    let slow = broker.request(SUBJECT, Bytes::from_static(b"slow"), SOON);
    let quick = async {
        for _ in 0..10 {
            assert_eq!(broker.request(SUBJECT, Bytes::from_static(b"quick"), SOON).await.unwrap(), "quick");
        }
        release.notify_one();
    };
    let (slow, ()) = tokio::join!(slow, quick);
    assert_eq!(slow.unwrap(), "slow");
}

pub async fn a_dropped_responder_answers_no_more(harness: &impl Harness) {
    let broker = harness.broker();
    let responder = broker.respond(SUBJECT, "orders", answering("")).await.unwrap();
    broker.request(SUBJECT, Bytes::new(), SOON).await.unwrap();
    drop(responder);
    eventually("nobody answers", || async {
        let asked = broker.request(SUBJECT, Bytes::new(), Duration::from_millis(200)).await;
        (asked == Err(BrokerError::NoResponder(SUBJECT.to_owned()))).then_some(())
    })
    .await;
}
