//! Shipping through the front door: commands over a real broker, calls over gRPC, both databases.

mod booking;
mod carrier;
mod looking;
mod shop;
mod travelling;
mod undoing;
