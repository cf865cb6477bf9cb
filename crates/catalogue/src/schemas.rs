//! Messages by their names, with the rules of their fields: what bytes and JSON are held against.

use prost_reflect::{DescriptorError, DescriptorPool, MessageDescriptor};

use crate::rules::Compiled;
use crate::versions::split;

/// A pool of descriptors, its rules read once.
#[derive(Debug, Default)]
pub struct Schemas {
    pool: DescriptorPool,
    pub(crate) rules: Compiled,
}

impl Schemas {
    pub(crate) fn decode(descriptors: &[u8]) -> Result<Self, DescriptorError> {
        DescriptorPool::decode(descriptors).map(Self::of)
    }

    pub(crate) fn of(pool: DescriptorPool) -> Self {
        let rules = Compiled::of(&pool);
        Self { pool, rules }
    }

    /// The descriptors of every message, enum and service.
    pub fn pool(&self) -> &DescriptorPool {
        &self.pool
    }

    /// A message by its full Protobuf name.
    pub fn message(&self, name: &str) -> Option<MessageDescriptor> {
        self.pool.get_message_by_name(name)
    }

    /// Whether the schema is a later version of one that is known: whoever meets it waits for its own next deploy.
    pub fn is_newer(&self, schema: &str) -> bool {
        let (Some((family, number, message)), None) = (split(schema), self.message(schema)) else { return false };
        let known = self.pool.all_messages().filter_map(|known| match split(known.full_name()) {
            Some((same, number, name)) if same == family && name == message => Some(number),
            _ => None,
        });
        known.max().is_some_and(|newest| number > newest)
    }
}
