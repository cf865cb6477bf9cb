//! The lanes that have something parked, in memory: which, and when their first event is due.

use std::collections::{BTreeMap, HashSet};

/// Lane → when its first event is tried again, microseconds since 1970; `i64::MAX` = it waits for a decision.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lanes {
    due: BTreeMap<String, i64>,
}

impl Lanes {
    pub(crate) fn new(due: BTreeMap<String, i64>) -> Self {
        Self { due }
    }

    pub(crate) fn park(&mut self, lane: String, due_us: i64) {
        self.due.insert(lane, due_us);
    }

    /// What a try led to: due again, or free.
    pub(crate) fn tried(&mut self, lane: &str, next: Option<i64>) {
        match next {
            Some(due) => {
                self.due.insert(lane.to_owned(), due);
            }
            None => {
                self.due.remove(lane);
            }
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.due.len()
    }

    pub(crate) fn names(&self) -> HashSet<String> {
        self.due.keys().cloned().collect()
    }

    /// Lanes to be tried now.
    pub(crate) fn due(&self, now_us: i64, limit: usize) -> Vec<String> {
        self.due.iter().filter(|(_, due)| **due <= now_us).take(limit).map(|(lane, _)| lane.clone()).collect()
    }
}
