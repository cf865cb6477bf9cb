#![doc = include_str!("../README.md")]

mod by_service;
mod init;
mod logs;
pub mod metrics;
mod owner;
mod settings;
mod trace_context;

pub use init::{Guard, InitError, init, subscriber};
pub use settings::{LogFormat, Settings};
pub use trace_context::TraceContext;

/// The span field that says which service a span belongs to: `info_span!("…", ensue.service = "orders")`.
pub const SERVICE: &str = "ensue.service";

/// The span field to search a whole conversation by: `info_span!("…", ensue.correlation_id = %id)`.
pub const CORRELATION_ID: &str = "ensue.correlation_id";
