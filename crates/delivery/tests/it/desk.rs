//! Deciding on dead letters, as an operator does.

use std::time::Duration;

use catalogue::platform::v1 as platform;
use delivery::consumer::ConsumerHandle;
use messaging::Responder;
use prost::Message;

use crate::rig::{Node, eventually};

const SOON: Duration = Duration::from_secs(10);

/// A service's desk, open while this is held.
pub struct Desk {
    _answering: Vec<Box<dyn Responder>>,
}

impl Desk {
    pub async fn open(node: &Node, consumers: &[ConsumerHandle]) -> Self {
        Self {
            _answering: delivery::dead_desk::serve(&node.store, &node.broker, &testkit::sample::catalogue(), consumers)
                .await
                .expect("desk"),
        }
    }
}

/// Asks `dead.<service>.<verb>`; another desk of the service may answer, as in life.
async fn ask<Res: Message + Default>(node: &Node, verb: &str, question: &impl Message, wait: Duration) -> Option<Res> {
    let subject = format!("dead.{}.{verb}", node.store.service());
    let answer = node.broker.request(&subject, question.encode_to_vec().into(), wait).await.ok()?;
    Some(Res::decode(answer).expect("an answer"))
}

/// What became of each: empty = redriven, else why not.
pub async fn redrive(node: &Node, ids: &[String]) -> Vec<String> {
    redrive_within(node, ids, SOON).await.expect("an answer")
}

/// The same; `None` where nobody answers in time, which says nothing about what was done.
pub async fn redrive_within(node: &Node, ids: &[String], wait: Duration) -> Option<Vec<String>> {
    let question = platform::DeadRedriveRequest { ids: ids.to_vec(), correlation_id: String::new() };
    let answer: platform::DeadSettleResponse = ask(node, "redrive", &question, wait).await?;
    assert_eq!(answer.error, "");
    Some(answer.settled.into_iter().map(|settled| settled.refusal).collect())
}

pub async fn discard(node: &Node, ids: &[String]) -> Vec<String> {
    let question = platform::DeadDiscardRequest { ids: ids.to_vec(), reason: "nobody wants it".to_owned(), correlation_id: String::new() };
    let answer: platform::DeadSettleResponse = ask(node, "discard", &question, SOON).await.expect("an answer");
    assert_eq!(answer.error, "");
    answer.settled.into_iter().map(|settled| settled.refusal).collect()
}

/// The ids of so many open letters, oldest first, once they are there.
pub async fn open_letters(node: &Node, count: usize) -> Vec<String> {
    eventually(Duration::from_secs(20), async || {
        let rows = node.store.rows("SELECT id FROM dead_letters WHERE state = 'open' ORDER BY died_at_us, id", Vec::new()).await.ok()?;
        (rows.len() == count).then(|| rows.iter().map(|row| row.get("id").expect("an id")).collect())
    })
    .await
}
