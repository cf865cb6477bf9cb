//! The last position of each (stream, partition), kept by whoever numbers.

use std::collections::HashMap;

/// Filled from the store when first asked for, forgotten on a rollback.
#[derive(Clone, Default)]
pub(crate) struct Heads {
    last: HashMap<String, HashMap<u32, u64>>,
}

impl Heads {
    pub(crate) fn knows(&self, stream: &str) -> bool {
        self.last.contains_key(stream)
    }

    pub(crate) fn learn(&mut self, stream: &str, heads: impl IntoIterator<Item = (u32, u64)>) {
        self.last.insert(stream.to_owned(), heads.into_iter().collect());
    }

    /// The next number of this partition.
    pub(crate) fn next(&mut self, stream: &str, partition: u32) -> u64 {
        let head = self.last.entry(stream.to_owned()).or_default().entry(partition).or_default();
        *head += 1;
        *head
    }

    pub(crate) fn forget(&mut self) {
        self.last.clear();
    }
}
