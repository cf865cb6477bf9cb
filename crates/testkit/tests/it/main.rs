//! The suite that every broker passes, and what only a real server can show.

mod memory;
mod nats;
mod nats_only;
mod store;
mod suite_is_whole;
