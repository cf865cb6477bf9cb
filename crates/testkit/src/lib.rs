//! testkit

pub mod otlp;
pub mod postgres;
pub mod saga_suite;
pub mod transfer;
