#![doc = include_str!("../README.md")]

mod commands;
pub mod config;
pub mod domain;
mod grpc;
pub mod outside;
mod queries;
mod store;
mod wire;

use std::sync::Arc;

use contracts_shipping::v1::{CancelShipment, CreateShipment};
use service_host::Service;
use service_host::config::Config;

use crate::outside::{Carrier, Simulator};

pub use config::settings;

/// The service with the built-in carrier.
pub fn service(config: &Config) -> Service {
    service_with(Arc::new(Simulator::new(config::simulator(config))))
}

/// The service with a carrier of your own.
pub fn service_with(carrier: Arc<dyn Carrier>) -> Service {
    Service::new("shipping")
        .migrations(store::MIGRATIONS)
        .grpc(grpc::server)
        .command(commands::Create) // shipping.create_shipment: asks the carrier
        .command(commands::Cancel) // shipping.cancel_shipment: the undo
        .commands(|commands| commands.undoes::<CancelShipment, CreateShipment>().on_exhausted(commands::command_failed))
        .intent(commands::AskCarrier { carrier, timeout: config::TIMEOUT }) // -> shipment.created, .failed
}
