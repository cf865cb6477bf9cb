#![doc = include_str!("../README.md")]

mod check;
mod contract;
mod contracts;
mod entry;
mod json;
mod place;
mod read;
mod rules;
mod schemas;
mod upcast;
mod value;
mod versions;

pub use contract::{Contract, Described, Kind};
pub use contracts::Contracts;
pub use entry::{EVERY_SERVICE, Entry};
pub use generated::CONTRACTS;
pub use generated::ensue::{events, options, platform, system, types};
pub use generated::google;
pub use rules::{Violation, check, is_key};
pub use schemas::Schemas;
pub use upcast::{NotUpcast, Step, Upcast, upcast_to};
pub use value::{Catalogue, Fault, Faults};

// What generated code is made of, under the names that it uses.
#[doc(hidden)]
pub use {prost, prost_types, tonic, tonic_prost};

/// Takes in what the build script made of this crate's protos: one module a package, and `CONTRACTS`.
#[macro_export]
macro_rules! contracts {
    () => {
        include!(concat!(env!("OUT_DIR"), "/contracts.rs"));
    };
}

/// The platform's own messages.
mod generated {
    contracts!();
}
