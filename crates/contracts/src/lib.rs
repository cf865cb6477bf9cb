//! The wire contracts.

mod contract;

pub use contract::{Contract, Kind};
pub use generated::ensue::*;

/// Every `.proto` of the workspace with imports and comments, as an encoded `FileDescriptorSet`: for gRPC reflection and `prost-reflect`.
pub const DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/ensue.binpb"));

/// `contracts::orders::v1::…`, made by the build script from `proto/`.
#[allow(clippy::all, clippy::pedantic, missing_docs, rustdoc::all)]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/ensue.rs"));
}

mod implementations {
    include!(concat!(env!("OUT_DIR"), "/implementations.rs"));
}
