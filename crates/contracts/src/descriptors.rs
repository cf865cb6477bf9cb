//! The embedded descriptors, readable at run time.

use std::sync::LazyLock;

use prost_reflect::{DescriptorPool, MessageDescriptor};

/// Every `.proto` of the workspace with imports and comments, as an encoded `FileDescriptorSet`: for gRPC reflection too.
pub const DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/ensue.binpb"));

static POOL: LazyLock<DescriptorPool> = LazyLock::new(|| {
    // Made by our build script from files that compiled: if it can't be read, the build is broken and every test fails.
    DescriptorPool::decode(DESCRIPTOR_SET).expect("the embedded descriptors are valid")
});

/// The descriptors of every message, enum and service.
pub fn pool() -> &'static DescriptorPool {
    &POOL
}

/// The comment before a message, as one line.
pub(crate) fn doc_line(message: &MessageDescriptor) -> String {
    let file = message.parent_file_descriptor_proto();
    let found = file.source_code_info.as_ref().and_then(|info| info.location.iter().find(|at| at.path == message.path()));
    let comment = found.map(|at| at.leading_comments());
    comment.unwrap_or_default().lines().map(str::trim).take_while(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}
