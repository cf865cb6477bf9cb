//! Payments through the front door: commands over a real broker, calls over gRPC, both databases.

mod by_hand;
mod charging;
mod killed;
mod looking;
mod provider;
mod settings;
mod shop;
mod unclear;
mod undoing;
