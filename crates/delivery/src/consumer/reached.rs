//! The positions that a consumer has reached, in memory.

use std::collections::HashMap;

use messaging::PARTITIONS;

/// Whose numbering of which partition of which stream.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Slot {
    pub(crate) source: String,
    pub(crate) stream: String,
    pub(crate) partition: u32,
}

/// A source's positions in a stream, by partition; 0 = nothing.
type Numbering = [u64; PARTITIONS as usize];

/// Looked up for every message, so that no name is copied for it: by stream, then by source.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reached {
    streams: HashMap<String, HashMap<String, Numbering>>,
}

impl Reached {
    pub(crate) fn reach(&mut self, source: &str, stream: &str, partition: u32, position: u64) {
        let numbering = match self.streams.get_mut(stream).and_then(|sources| sources.get_mut(source)) {
            Some(numbering) => numbering,
            None => self.streams.entry(stream.to_owned()).or_default().entry(source.to_owned()).or_default(),
        };
        numbering[partition as usize] = position;
    }

    pub(crate) fn reached(&self, source: &str, stream: &str, partition: u32) -> u64 {
        let numbering = self.streams.get(stream).and_then(|sources| sources.get(source));
        numbering.map_or(0, |numbering| numbering[partition as usize])
    }

    pub(crate) fn get(&self, slot: &Slot) -> u64 {
        self.reached(&slot.source, &slot.stream, slot.partition)
    }

    /// Where something was reached: source, stream, partition, position.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&str, &str, u32, u64)> {
        self.streams.iter().flat_map(|(stream, sources)| {
            sources.iter().flat_map(move |(source, numbering)| {
                let all = (0..PARTITIONS).zip(numbering);
                all.filter(|(_, position)| **position > 0).map(move |(at, position)| (source.as_str(), stream.as_str(), at, *position))
            })
        })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.all().next().is_none()
    }
}
