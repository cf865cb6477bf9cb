#![doc = include_str!("../README.md")]

mod commands;
mod consumers;
pub mod domain;
mod grpc;
mod queries;
mod reach;
mod store;
mod wire;

use contracts_workouts::v1::{WorkoutCompleted, WorkoutProcessed, WorkoutUpdated};
use delivery::Consumer;
use service_host::Service;
use service_host::config::Config;

use crate::consumers::{Count, Discount};

/// The whole service. What users did in an app (`user.acted`) comes in at its door.
pub fn service(_config: &Config) -> Service {
    let workouts = Consumer::new("goals")
        .on(Count::<WorkoutCompleted>::new())
        .on(Count::<WorkoutProcessed>::new())
        .on(Count::<WorkoutUpdated>::new())
        .on(Discount);
    Service::new("users").migrations(store::MIGRATIONS).grpc(grpc::server).consumer(workouts) // -> user.goal_achieved
}
