//! What reaches a collector, and what Prometheus would read.

mod metrics;
mod refusals;
mod spans;
