//! Achievements through the front door: events over a real broker, calls over gRPC, both databases.

mod calls;
mod counting;
mod crowds;
mod gym;
mod history;
