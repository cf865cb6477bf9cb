//! What somebody sees who watches subjects from outside, as `nats sub` does.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_nats::{Client, HeaderMap};
use bytes::Bytes;
use catalogue::Contract;
use futures::StreamExt as _;
use tokio::task::JoinHandle;

use crate::eventually::{SOON, eventually};

/// A message that was seen on its subject.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The subject it was published on, with the key.
    pub subject: String,
    /// `ce-id`.
    pub id: String,
    /// `ce-type`.
    pub type_: String,
    /// `ce-subject`.
    pub key: String,
    /// `ce-correlationid`.
    pub correlation_id: String,
    /// `ce-causationid`; empty for what starts a conversation.
    pub causation_id: String,
    /// The body.
    pub payload: Bytes,
}

impl Seen {
    fn read(subject: String, headers: &HeaderMap, payload: Bytes) -> Self {
        let text = |name: &str| headers.get(name).map(ToString::to_string).unwrap_or_default();
        Self {
            subject,
            id: text("ce-id"),
            type_: text("ce-type"),
            key: text("ce-subject"),
            correlation_id: text("ce-correlationid"),
            causation_id: text("ce-causationid"),
            payload,
        }
    }

    /// The body, if it is a `C` of this key.
    fn is<C: Contract>(&self, key: &str) -> Option<C> {
        let of_it = self.type_ == C::TYPE && self.key == key && self.subject.starts_with(prefix::<C>());
        of_it.then(|| C::decode(self.payload.clone()).expect("a body as its type says"))
    }
}

fn prefix<C: Contract>() -> &'static str {
    if C::KIND == catalogue::Kind::Command { "commands." } else { "events." }
}

/// Everything that is published on some subjects from now on, each message once.
pub struct Watch {
    seen: Arc<Mutex<Vec<Seen>>>,
    watching: JoinHandle<()>,
}

impl Watch {
    pub(crate) async fn start(client: &Client, subjects: &str) -> Self {
        let mut messages = client.subscribe(subjects.to_owned()).await.expect("a subscription");
        // The server has it, when it has answered what came after it.
        client.flush().await.expect("a connection");
        let seen = Arc::new(Mutex::new(Vec::new()));
        let told = seen.clone();
        let watching = tokio::spawn(async move {
            let mut ids = HashSet::new();
            while let Some(message) = messages.next().await {
                let seen = Seen::read(message.subject.to_string(), &message.headers.unwrap_or_default(), message.payload);
                // What is published again after an outage is the same message.
                if seen.id.is_empty() || ids.insert(seen.id.clone()) {
                    lock(&told).push(seen);
                }
            }
        });
        Self { seen, watching }
    }

    /// The first `C` of this key; waits for it.
    ///
    /// # Panics
    /// When none comes in time.
    pub async fn first<C: Contract>(&self, key: &str) -> C {
        self.nth(key, 1).await
    }

    /// The `number`-th `C` of this key, from 1; waits for it.
    ///
    /// # Panics
    /// When fewer come in time; it says what came instead.
    pub async fn nth<C: Contract>(&self, key: &str, number: usize) -> C {
        let found = tokio::time::timeout(SOON, eventually(SOON * 2, || async { self.all::<C>(key).into_iter().nth(number - 1) })).await;
        found.unwrap_or_else(|_| panic!("no {} {} number {number} in time; seen: {:#?}", C::TYPE, key, self.summary()))
    }

    /// Every `C` of this key that came so far, in order.
    pub fn all<C: Contract>(&self, key: &str) -> Vec<C> {
        lock(&self.seen).iter().filter_map(|seen| seen.is(key)).collect()
    }

    /// Every message so far, with its metadata, in order.
    pub fn messages(&self) -> Vec<Seen> {
        lock(&self.seen).clone()
    }

    /// How many messages of this type came so far, whatever their key.
    pub fn count(&self, type_: &str) -> usize {
        lock(&self.seen).iter().filter(|seen| seen.type_ == type_).count()
    }

    fn summary(&self) -> Vec<String> {
        lock(&self.seen).iter().map(|seen| format!("{} {}", seen.type_, seen.key)).collect()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.watching.abort();
    }
}

fn lock(seen: &Mutex<Vec<Seen>>) -> MutexGuard<'_, Vec<Seen>> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}
