#![doc = include_str!("../README.md")]

mod announce;
mod commands;
mod consumers;
pub mod domain;
mod grpc;
mod queries;
mod store;
mod wire;

use catalogue::Kind;
use delivery::Consumer;
use messaging::stream_of;
use service_host::Service;
use service_host::config::Config;

use crate::consumers::{COUNT, Count, Evaluate};

/// The service.
pub fn service(_config: &Config) -> Service {
    let streams = ["workout", "user", "social"].map(|domain| stream_of(Kind::Event, domain));
    let count = Consumer::new(COUNT)
        .on_every(streams, Count) // what people did -> achievement.progress_updated, .milestone_reached, .unlocked
        .on_timer(Evaluate); // a new rule, page by page over everybody -> the same
    Service::new("achievements").migrations(store::MIGRATIONS).grpc(grpc::server).consumer(count)
}
