#![doc = include_str!("../README.md")]

pub mod catalogue;
mod contract;
mod descriptors;
pub mod json;
pub mod rules;
pub mod versions;

pub use contract::{Contract, Kind};
pub use descriptors::{DESCRIPTOR_SET, pool};
pub use generated::ensue::*;

/// `contracts::orders::v1::…`, made by the build script from `proto/`.
#[allow(clippy::all, clippy::pedantic, missing_docs, rustdoc::all)]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/ensue.rs"));
}

mod implementations {
    include!(concat!(env!("OUT_DIR"), "/implementations.rs"));
}
