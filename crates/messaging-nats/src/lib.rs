#![doc = include_str!("../README.md")]

mod api;
mod broker;
mod connect;
mod headers;
mod objects;
mod publish;
mod reader;
mod responder;
mod runs;
mod streams;
mod version;

pub use broker::NatsBroker;
pub use connect::{ConnectError, Options};
pub use version::{OLDEST, ServerVersion, TooOld};
