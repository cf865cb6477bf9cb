//! Runs of messages as fast-ingest batches (ADR-50 of NATS, nats-server 2.14): each message is stored as it comes, and the last one is answered for
//! all. Without them every message has an answer of its own, which is a quarter of what publishing costs the client (measured).
//!
//! The server refuses what comes after a hole in a batch. That nothing else came in between, and that the stream still holds what went before, is what
//! the ids say that every message expects, as ever.
//!
//! A batch with a message that was refused for its id is never forgotten by the server (2.15.1: it waits for that message to be stored), and it takes
//! 1,000 open ones for a stream. Whoever is told that there are too many publishes message by message from then on, until the next connection.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_nats::client::PublishErrorKind;
use async_nats::connection::State;
use async_nats::jetstream::{self, ErrorCode};
use async_nats::{Client, Message, StatusCode, Subscriber};
use futures::StreamExt as _;
use messaging::{Expect, Outgoing, PublishError, PublishedRun, RunAck};
use serde::Deserialize;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::headers;
use crate::version::ServerVersion;

/// The oldest server that takes them.
pub(crate) const SINCE: ServerVersion = ServerVersion { major: 2, minor: 14, patch: 0 };

/// What a message is to its batch, as its reply subject says it.
const START: u8 = 0;
const APPEND: u8 = 1;
const COMMIT: u8 = 2;

/// Who waits for the answer to a batch.
struct Waits {
    /// How many messages it must be about.
    count: u64,
    answer: oneshot::Sender<Result<u64, PublishError>>,
}

type Waiting = Arc<Mutex<HashMap<u64, Waits>>>;

/// The batches of one connection. All of them are answered on one subscription.
pub(crate) struct Runs {
    client: Client,
    inbox: String,
    next: AtomicU64,
    waiting: Waiting,
    refused: Arc<AtomicBool>,
    answers: JoinHandle<()>,
}

impl Runs {
    /// Subscribes to the answers.
    pub(crate) async fn open(client: &Client) -> Result<Self, PublishError> {
        let inbox = client.new_inbox();
        let answers = client.subscribe(format!("{inbox}.>")).await.map_err(|_| PublishError::Ambiguous)?;
        let waiting = Waiting::default();
        // `<inbox>.<batch>.<flow>.<gaps>.<number>.<what>.$FI`
        let batch = inbox.split('.').count();
        let refused = Arc::new(AtomicBool::new(false));
        let answers = tokio::spawn(listen(answers, batch, waiting.clone(), refused.clone()));
        Ok(Self { client: client.clone(), inbox, next: AtomicU64::new(0), waiting, refused, answers })
    }

    /// Whether the server has said that it takes none.
    pub(crate) fn refused(&self) -> bool {
        self.refused.load(Ordering::Relaxed)
    }

    /// Queues a run of two messages or more within `limit`, and waits no longer than that for the answer.
    pub(crate) async fn hand_over(&self, limit: Duration, run: Vec<Outgoing>, expect: Expect) -> Result<PublishedRun, PublishError> {
        let (count, mut expect) = (run.len(), expect);
        let mut messages = Vec::with_capacity(count);
        for message in run {
            let next = Expect::LastId(message.message_id.clone());
            let wire = headers::to_wire(message.headers, message.message_id, expect)?;
            messages.push((message.subject, wire, message.payload));
            expect = next;
        }
        if self.client.connection_state() != State::Connected {
            return Err(PublishError::Ambiguous);
        }
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let answer = self.wait_for(number, count as u64);
        // Flow control as seldom as can be: what the server says before the last answer is for those who publish without an end.
        let batch = format!("{}.{}-{number}.65535.fail", self.inbox, self.name());
        let send = async {
            for (at, (subject, wire, payload)) in messages.into_iter().enumerate() {
                let what = if at + 1 == count {
                    COMMIT
                } else if at == 0 {
                    START
                } else {
                    APPEND
                };
                let reply = format!("{batch}.{}.{what}.$FI", at + 1);
                self.client.publish_with_reply_and_headers(subject, reply, wire, payload).await.map_err(|error| match error.kind() {
                    PublishErrorKind::Send => PublishError::Ambiguous,
                    _ => PublishError::Refused(error.to_string()),
                })?;
            }
            Ok(())
        };
        tokio::time::timeout(limit, send).await.unwrap_or(Err(PublishError::Ambiguous))?;
        Ok(Box::pin(async move {
            let sequence = answer.within(limit).await?;
            Ok(RunAck { sequence, remembered: Vec::new() })
        }))
    }

    /// The inbox's own part of its name, by which no two connections' batches have the same.
    fn name(&self) -> &str {
        self.inbox.rsplit('.').next().unwrap_or(&self.inbox)
    }

    fn wait_for(&self, number: u64, count: u64) -> Awaited {
        let (sender, answer) = oneshot::channel();
        lock(&self.waiting).insert(number, Waits { count, answer: sender });
        Awaited { number, answer, waiting: self.waiting.clone() }
    }
}

impl Drop for Runs {
    fn drop(&mut self) {
        self.answers.abort();
        // Nobody tells them any more.
        lock(&self.waiting).clear();
    }
}

fn lock(waiting: &Waiting) -> MutexGuard<'_, HashMap<u64, Waits>> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An answer that is waited for; dropped, it is waited for no more.
struct Awaited {
    number: u64,
    answer: oneshot::Receiver<Result<u64, PublishError>>,
    waiting: Waiting,
}

impl Awaited {
    async fn within(mut self, limit: Duration) -> Result<u64, PublishError> {
        let answer = tokio::time::timeout(limit, &mut self.answer).await;
        answer.ok().and_then(Result::ok).unwrap_or(Err(PublishError::Ambiguous))
    }
}

impl Drop for Awaited {
    fn drop(&mut self) {
        lock(&self.waiting).remove(&self.number);
    }
}

async fn listen(mut answers: Subscriber, batch: usize, waiting: Waiting, refused: Arc<AtomicBool>) {
    while let Some(message) = answers.next().await {
        let number = message.subject.split('.').nth(batch).and_then(|batch| batch.rsplit('-').next()?.parse().ok());
        let Some(number): Option<u64> = number else { continue };
        let answer = match read(&message) {
            Said::NothingYet => continue,
            Said::Stored { count, sequence } => Ok((count, sequence)),
            Said::Not(error) => Err(error),
            Said::NoBatches => {
                tracing::warn!("the broker takes no more batches; messages are published one by one until the next connection");
                refused.store(true, Ordering::Relaxed);
                Err(PublishError::Ambiguous)
            }
        };
        // The first one counts: behind a refusal there are as many as there were messages.
        if let Some(waits) = lock(&waiting).remove(&number) {
            let _ = waits.answer.send(match answer {
                Ok((count, sequence)) if count == waits.count && sequence > 0 => Ok(sequence),
                Ok(_) => Err(PublishError::Ambiguous),
                Err(error) => Err(error),
            });
        }
    }
}

/// The server's word on a batch, in one of four forms (`BatchFlowAck`, `BatchFlowGap`, `BatchFlowErr`, a publish's answer).
#[derive(Deserialize)]
struct Word {
    #[serde(default, rename = "type")]
    type_: String,
    error: Option<jetstream::Error>,
    #[serde(default)]
    seq: u64,
    #[serde(default)]
    duplicate: bool,
    /// How many messages it is about: only the last word says so.
    count: Option<u64>,
}

enum Said {
    NothingYet,
    Stored { count: u64, sequence: u64 },
    Not(PublishError),
    NoBatches,
}

fn read(message: &Message) -> Said {
    if message.status == Some(StatusCode::NO_RESPONDERS) {
        return Said::Not(PublishError::NoStream);
    }
    let Ok(word) = serde_json::from_slice::<Word>(&message.payload) else { return Said::Not(PublishError::Ambiguous) };
    if let Some(error) = word.error {
        return match error.error_code() {
            ErrorCode::STREAM_WRONG_LAST_MESSAGE_ID | ErrorCode::STREAM_WRONG_LAST_SEQUENCE => Said::Not(PublishError::WrongLast),
            // It has forgotten the batch: what came of it is to be looked for.
            ErrorCode::BATCH_PUBLISH_UNKNOWN_BATCH_ID => Said::Not(PublishError::Ambiguous),
            ErrorCode::BATCH_PUBLISH_TOO_MANY_INFLIGHT | ErrorCode::BATCH_PUBLISH_DISABLED => Said::NoBatches,
            _ => Said::Not(PublishError::Refused(error.to_string())),
        };
    }
    match (word.type_.as_str(), word.count) {
        ("ack", _) => Said::NothingYet,
        ("", Some(count)) if !word.duplicate => Said::Stored { count, sequence: word.seq },
        _ => Said::Not(PublishError::Ambiguous),
    }
}
