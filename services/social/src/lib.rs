#![doc = include_str!("../README.md")]

mod commands;
mod consumers;
pub mod domain;
mod grpc;
mod queries;
mod store;
mod wire;

use contracts_achievements::v1::AchievementUnlocked;
use contracts_social::v1::{Commented, Followed, Liked};
use contracts_workouts::v1::{WorkoutCompleted, WorkoutProcessed};
use delivery::Consumer;
use service_host::Service;
use service_host::config::Config;

use crate::consumers::{Forget, Note};

/// The whole service.
pub fn service(_config: &Config) -> Service {
    Service::new("social")
        .migrations(store::MIGRATIONS)
        .grpc(grpc::server)
        // What users do -> the feeds of those who follow them.
        .consumer(Consumer::new("workouts").on(Note::<WorkoutCompleted>::new()).on(Note::<WorkoutProcessed>::new()).on(Forget))
        .consumer(Consumer::new("achievements").on(Note::<AchievementUnlocked>::new()))
        .consumer(Consumer::new("people").on(Note::<Followed>::new()).on(Note::<Liked>::new()).on(Note::<Commented>::new()))
}
