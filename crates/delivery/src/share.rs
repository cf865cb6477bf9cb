//! Which partitions of a consumer are this process's.

use messaging::PARTITIONS;

/// A set of the sixteen partitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Partitions(u16);

impl Partitions {
    /// All of them: the only process there is.
    pub const ALL: Self = Self(u16::MAX);
    /// None of them.
    pub const NONE: Self = Self(0);

    /// Whether this one is in it.
    pub fn has(self, partition: u32) -> bool {
        partition < PARTITIONS && self.0 & (1 << partition) != 0
    }

    /// The set with this one in it.
    pub fn with(self, partition: u32) -> Self {
        Self(self.0 | (1 << partition.min(PARTITIONS - 1)))
    }

    /// Whether nothing is in it.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether everything is in it.
    pub fn is_all(self) -> bool {
        self == Self::ALL
    }

    /// What is in it, in order.
    pub fn iter(self) -> impl Iterator<Item = u32> {
        (0..PARTITIONS).filter(move |partition| self.has(*partition))
    }
}
