//! Facts about a binary that somebody makes of this crate: a process of its own, a real `nats-server`.

mod bakery;
mod up;
