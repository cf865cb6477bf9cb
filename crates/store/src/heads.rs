//! The last position of each (stream, partition), and the last version of keys, kept by whoever numbers.

use std::collections::HashMap;

use messaging::PARTITIONS;

/// Keys whose versions are kept at most; then all are forgotten, and looked up again.
const KEYS: usize = 32_768;

/// Stream, aggregate type, key.
type Key<'a> = (&'a str, &'a str, &'a str);

/// Filled from the store when first asked for, forgotten on a rollback.
#[derive(Clone, Default)]
pub(crate) struct Heads {
    last: HashMap<String, Box<[u64; PARTITIONS as usize]>>,
    /// By stream, aggregate type and key.
    versions: HashMap<String, HashMap<String, HashMap<String, i64>>>,
    keys: usize,
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
    pub(crate) fn version(&self, (stream, aggregate_type, key): Key<'_>) -> Option<i64> {
        self.versions.get(stream)?.get(aggregate_type)?.get(key).copied()
    }

    pub(crate) fn learn_version(&mut self, (stream, aggregate_type, key): Key<'_>, version: i64) {
        if self.keys >= KEYS {
            self.versions.clear();
            self.keys = 0;
        }
        let keys = entry(entry(&mut self.versions, stream), aggregate_type);
        self.keys += usize::from(keys.insert(key.to_owned(), version).is_none());
    }

    /// A version was appended: the last one, or one that was left out before. Of a key that is not known nothing is learnt by it.
    pub(crate) fn reach_version(&mut self, (stream, aggregate_type, key): Key<'_>, version: i64) {
        let keys = self.versions.get_mut(stream).and_then(|types| types.get_mut(aggregate_type));
        if let Some(last) = keys.and_then(|keys| keys.get_mut(key)) {
            *last = version.max(*last);
        }
    }

    pub(crate) fn forget(&mut self) {
        *self = Self::default();
    }
}

/// The value under a name; the name is copied only where there is none yet.
fn entry<'a, V: Default>(map: &'a mut HashMap<String, V>, name: &str) -> &'a mut V {
    if !map.contains_key(name) {
        map.insert(name.to_owned(), V::default());
    }
    map.get_mut(name).expect("it is there")
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

    #[test]
    fn no_more_keys_are_held_than_the_limit() {
        let mut heads = Heads::default();
        for key in 0..KEYS + 2 {
            heads.learn_version(("S", "order", &key.to_string()), 1);
        }
        assert_eq!((heads.keys, heads.versions["S"]["order"].len()), (2, 2));
        assert_eq!((heads.version(("S", "order", "0")), heads.version(("S", "order", &KEYS.to_string()))), (None, Some(1)));
    }
}
