//! The last position of each (stream, partition), and the last version of keys, kept by whoever numbers.

use std::collections::HashMap;

use messaging::PARTITIONS;

use crate::by_key::{ByKey, Key, entry};

/// Filled from the store when first asked for, forgotten on a rollback.
#[derive(Clone, Default)]
pub(crate) struct Heads {
    last: HashMap<String, Box<[u64; PARTITIONS as usize]>>,
    versions: ByKey<i64>,
}

impl Heads {
    pub(crate) fn knows(&self, stream: &str) -> bool {
        self.last.contains_key(stream)
    }

    pub(crate) fn learn(&mut self, stream: &str, heads: impl IntoIterator<Item = (u32, u64)>) {
        let last = entry(&mut self.last, stream);
        **last = Default::default();
        for (partition, head) in heads {
            last[partition as usize] = head;
        }
    }

    /// The next number of this partition.
    pub(crate) fn next(&mut self, stream: &str, partition: u32) -> u64 {
        let head = &mut entry(&mut self.last, stream)[partition as usize];
        *head += 1;
        *head
    }

    /// The last version of a key, if it is known.
    pub(crate) fn version(&self, key: Key<'_>) -> Option<i64> {
        self.versions.get(key).copied()
    }

    pub(crate) fn learn_version(&mut self, key: Key<'_>, version: i64) {
        self.versions.insert(key, version);
    }

    /// A version was appended: the last one, or one that was left out before. Of a key that is not known nothing is learnt by it.
    pub(crate) fn reach_version(&mut self, key: Key<'_>, version: i64) {
        if let Some(last) = self.versions.get_mut(key) {
            *last = version.max(*last);
        }
    }

    pub(crate) fn forget(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lower_version_leaves_the_last_one() {
        let (mut heads, key) = (Heads::default(), ("S", "order", "k"));
        heads.reach_version(key, 5);
        assert_eq!(heads.version(key), None);
        heads.learn_version(key, 5);
        heads.reach_version(key, 2);
        assert_eq!(heads.version(key), Some(5));
        heads.reach_version(key, 6);
        assert_eq!((heads.version(key), heads.version(("S", "product", "k"))), (Some(6), None));
        heads.forget();
        assert_eq!(heads.version(key), None);
    }
}
