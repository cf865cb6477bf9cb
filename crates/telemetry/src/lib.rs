//! Spans, logs and metrics of every Ensue process: where they go, and how a trace is carried across a store and a broker.

mod trace_context;

pub use trace_context::TraceContext;
