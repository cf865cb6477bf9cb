//! Users through the front door: calls over gRPC, workouts over a real broker, both databases.

mod counting;
mod crowds;
mod door;
mod goals;
mod house;
mod listing;
