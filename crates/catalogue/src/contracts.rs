//! What one crate's build script made of its protos.

use std::sync::OnceLock;

use crate::schemas::Schemas;
use crate::upcast::Step;

/// Descriptors with all their imports and comments, and the steps between versions.
#[derive(Debug)]
pub struct Contracts {
    descriptors: &'static [u8],
    steps: &'static [Step],
    schemas: OnceLock<Schemas>,
}

impl Contracts {
    /// Made by the build script: an encoded `FileDescriptorSet`, and every step from a version to the next.
    pub const fn new(descriptors: &'static [u8], steps: &'static [Step]) -> Self {
        Self { descriptors, steps, schemas: OnceLock::new() }
    }

    /// The encoded `FileDescriptorSet`.
    pub fn descriptors(&self) -> &'static [u8] {
        self.descriptors
    }

    /// From each version of a type to the next.
    pub fn steps(&self) -> &'static [Step] {
        self.steps
    }

    /// The messages by name. Read once; empty where the descriptors are none, which the catalogue refuses with the reason.
    pub fn schemas(&self) -> &Schemas {
        self.schemas.get_or_init(|| Schemas::decode(self.descriptors).unwrap_or_default())
    }
}
