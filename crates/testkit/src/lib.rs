#![doc = include_str!("../README.md")]

pub mod otlp;
pub mod postgres;
pub mod raw;
pub mod saga_suite;
pub mod sample;
pub mod store_suite;
pub mod transfer;

pub mod broker_suite;
mod database;
mod eventually;
mod nats_server;
pub mod process;
mod watch;

pub use database::Database;
pub use eventually::{SOON, eventually};
pub use nats_server::NatsServer;
pub use process::Process;
pub use watch::{Seen, Watch};
