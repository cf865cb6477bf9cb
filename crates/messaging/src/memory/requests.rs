//! Request and reply in this process.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;

use super::subject;
use crate::broker::{Answer, BrokerError, Responder};

/// Who answers what.
#[derive(Clone, Default)]
pub(super) struct Requests {
    registry: Arc<Mutex<Registry>>,
}

#[derive(Default)]
struct Registry {
    entries: Vec<Entry>,
    made: u64,
    asked: usize,
}

struct Entry {
    id: u64,
    subject: String,
    group: String,
    answer: Answer,
}

impl Requests {
    fn lock(&self) -> MutexGuard<'_, Registry> {
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn answer(&self, subject: &str, group: &str, answer: Answer) -> MemoryResponder {
        let mut registry = self.lock();
        registry.made += 1;
        let id = registry.made;
        registry.entries.push(Entry { id, subject: subject.to_owned(), group: group.to_owned(), answer });
        MemoryResponder { requests: self.clone(), id }
    }

    pub(super) async fn ask(&self, subject: &str, body: Bytes, wait: Duration) -> Result<Bytes, BrokerError> {
        let answers = self.chosen(subject);
        if answers.is_empty() {
            return Err(BrokerError::NoResponder(subject.to_owned()));
        }
        // Each in a task of its own: a request that is given up is still worked on, as on a network. The first answer counts.
        let asked = answers.into_iter().map(|answer| tokio::spawn(answer(body.clone())));
        match tokio::time::timeout(wait, futures::future::select_ok(asked)).await {
            Ok(Ok((answer, _))) => Ok(answer),
            Ok(Err(_)) | Err(_) => Err(BrokerError::Unavailable("no answer in time".to_owned())),
        }
    }

    /// One of each group, in turn.
    fn chosen(&self, subject: &str) -> Vec<Answer> {
        let mut registry = self.lock();
        registry.asked += 1;
        let able: Vec<&Entry> = registry.entries.iter().filter(|entry| subject::matches(&entry.subject, subject)).collect();
        let mut groups: Vec<&str> = able.iter().map(|entry| entry.group.as_str()).collect();
        groups.sort_unstable();
        groups.dedup();
        let one_of = |group: &str| {
            let members: Vec<&&Entry> = able.iter().filter(|entry| entry.group == group).collect();
            members.get(registry.asked % members.len().max(1)).map(|entry| entry.answer.clone())
        };
        groups.into_iter().filter_map(one_of).collect()
    }
}

/// Stops answering when dropped.
pub(super) struct MemoryResponder {
    requests: Requests,
    id: u64,
}

impl Responder for MemoryResponder {}

impl Drop for MemoryResponder {
    fn drop(&mut self) {
        self.requests.lock().entries.retain(|entry| entry.id != self.id);
    }
}
