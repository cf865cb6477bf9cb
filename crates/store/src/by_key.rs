//! A map by stream, aggregate type and key, in which nothing is copied to be found.

use std::collections::HashMap;

/// Keys that are held at most; then all are forgotten.
pub(crate) const LIMIT: usize = 32_768;

/// Stream, aggregate type, key.
pub(crate) type Key<'a> = (&'a str, &'a str, &'a str);

#[derive(Clone)]
pub(crate) struct ByKey<V> {
    streams: HashMap<String, HashMap<String, HashMap<String, V>>>,
    count: usize,
}

impl<V> Default for ByKey<V> {
    fn default() -> Self {
        Self { streams: HashMap::new(), count: 0 }
    }
}

impl<V> ByKey<V> {
    pub(crate) fn get(&self, (stream, aggregate_type, key): Key<'_>) -> Option<&V> {
        self.streams.get(stream)?.get(aggregate_type)?.get(key)
    }

    pub(crate) fn get_mut(&mut self, (stream, aggregate_type, key): Key<'_>) -> Option<&mut V> {
        self.streams.get_mut(stream)?.get_mut(aggregate_type)?.get_mut(key)
    }

    pub(crate) fn insert(&mut self, (stream, aggregate_type, key): Key<'_>, value: V) {
        if self.count >= LIMIT {
            self.streams.clear();
            self.count = 0;
        }
        let keys = entry(entry(&mut self.streams, stream), aggregate_type);
        self.count += usize::from(keys.insert(key.to_owned(), value).is_none());
    }
}

/// The value under a name; the name is copied only where there is none yet.
pub(crate) fn entry<'a, V: Default>(map: &'a mut HashMap<String, V>, name: &str) -> &'a mut V {
    if !map.contains_key(name) {
        map.insert(name.to_owned(), V::default());
    }
    map.get_mut(name).expect("it is there")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_keys_are_held_than_the_limit() {
        let mut map = ByKey::default();
        for key in 0..LIMIT + 2 {
            map.insert(("S", "order", &key.to_string()), 1);
        }
        assert_eq!((map.count, map.streams["S"]["order"].len()), (2, 2));
        assert_eq!((map.get(("S", "order", "0")), map.get(("S", "order", &LIMIT.to_string()))), (None, Some(&1)));
    }
}
