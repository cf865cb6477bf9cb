//! Social through the front door: calls over gRPC, others' events over a real broker, both databases.

mod commenting;
mod feeds;
mod following;
mod house;
mod liking;
