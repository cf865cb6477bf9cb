#![doc = include_str!("../README.md")]

pub mod command;
pub mod config;
pub mod grpc;
pub mod host;
pub mod listener;
pub mod metrics;
pub mod page;
mod service;
pub mod shutdown;
pub mod status;
pub mod streams;

pub use command::Refusal;
pub use host::{Hosted, Running, StartError, start};
pub use service::{Context, Service};
