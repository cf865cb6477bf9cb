#![doc = include_str!("../README.md")]

pub mod consumer;
pub mod dead;
pub mod dead_desk;
mod decode;
pub mod door;
mod handler;
pub mod intents;
pub mod logserver;
mod panics;
mod pause;
mod policy;
pub mod relay;
mod share;
pub mod trim;
pub mod warn;
pub mod watch;

pub use consumer::{Consumer, ForeignSource};
pub use decode::{decode, to_json};
pub use handler::{BatchHandler, EnvelopeHandler, Handler, Received, TimerHandler, process_span};
pub use intents::{Intent, IntentHandler, Planned, intend, intend_all};
pub use policy::{Mode, Policy};
pub use share::{Partitions, share};
