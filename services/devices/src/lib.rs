#![doc = include_str!("../README.md")]

mod consumers;
pub mod domain;
mod grpc;
mod queries;
mod store;

use delivery::Consumer;
use service_host::Service;
use service_host::config::Config;

/// The whole service.
pub fn service(_config: &Config) -> Service {
    Service::new("devices").migrations(store::MIGRATIONS).grpc(grpc::server).consumer(Consumer::new("readings").on(consumers::Keep)) // device.data_reported -> device.alert_raised
}
