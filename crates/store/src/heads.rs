//! The last position of each (stream, partition), and the last version of keys, kept by whoever numbers.

use std::collections::HashMap;

use messaging::PARTITIONS;

/// Keys whose versions are kept at most; then all are forgotten, and looked up again.
const KEYS: usize = 32_768;

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
        let last = of(&mut self.last, stream);
        **last = Default::default();
        for (partition, head) in heads {
            last[partition as usize] = head;
        }
    }

    /// The next number of this partition.
    pub(crate) fn next(&mut self, stream: &str, partition: u32) -> u64 {
        let head = &mut of(&mut self.last, stream)[partition as usize];
        *head += 1;
        *head
    }

    /// The last version of a key, if it is known; whoever appends the next one sets it.
    pub(crate) fn version(&mut self, stream: &str, aggregate_type: &str, key: &str) -> Option<&mut i64> {
        self.versions.get_mut(stream)?.get_mut(aggregate_type)?.get_mut(key)
    }

    pub(crate) fn learn_version(&mut self, stream: &str, aggregate_type: &str, key: &str, version: i64) {
        if self.keys >= KEYS {
            self.versions.clear();
            self.keys = 0;
        }
        let keys = of(of(&mut self.versions, stream), aggregate_type);
        self.keys += usize::from(keys.insert(key.to_owned(), version).is_none());
    }

    pub(crate) fn forget(&mut self) {
        *self = Self::default();
    }
}

/// The entry, without a copy of the name where it is there.
fn of<'a, V: Default>(map: &'a mut HashMap<String, V>, name: &str) -> &'a mut V {
    if !map.contains_key(name) {
        map.insert(name.to_owned(), V::default());
    }
    map.get_mut(name).expect("it is there")
}
