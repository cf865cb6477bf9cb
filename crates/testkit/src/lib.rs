//! testkit

pub mod otlp;
pub mod postgres;
pub mod saga_suite;
pub mod store_suite;
pub mod transfer;

pub mod broker_suite;
mod nats_server;

pub use nats_server::NatsServer;
