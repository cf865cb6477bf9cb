#![doc = include_str!("../README.md")]

mod announce;
mod commands;
pub mod config;
mod consumers;
pub mod domain;
pub mod formats;
mod grpc;
mod outside;
mod queries;
mod store;
mod wire;

use contracts_workouts::v1::{WorkoutCompleted, WorkoutDeleted, WorkoutStarted, WorkoutUpdated};
use delivery::Consumer;
use service_host::Service;
use service_host::config::Config;

use crate::consumers::{Process, Take};
use crate::outside::{Read, Reader};

pub use config::settings;

/// The whole service.
pub fn service(config: &Config) -> Service {
    let heart = config::heart(config);
    let told = Consumer::new("told")
        .on_batch(Take::<WorkoutStarted>::new(heart))
        .on_batch(Take::<WorkoutCompleted>::new(heart))
        .on_batch(Take::<WorkoutUpdated>::new(heart))
        .on_batch(Take::<WorkoutDeleted>::new(heart));
    Service::new("workouts")
        .migrations(store::MIGRATIONS)
        .grpc(grpc::server)
        .consumer(told) // workout.started, .completed, .updated, .deleted by hand -> workout.processed
        .consumer(Consumer::new("processor").on(Process)) // workout.data_uploaded: has the file read
        .intent_from(move |context| Read { reader: Reader::new(context.objects.clone()), heart }, config::policy())
    // -> workout.processed and .analysis_requested, or .data_refused
}
