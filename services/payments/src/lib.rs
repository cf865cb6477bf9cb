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

use ::store::Clock;
use contracts_payments::v1::{ChargePayment, RefundPayment};
use service_host::Service;
use service_host::config::Config;

use crate::outside::{PaymentProvider, Simulator};

pub use config::settings;

/// The service with the built-in provider.
pub fn service(config: &Config) -> Service {
    let clock = Clock::system();
    let simulator = Arc::new(Simulator::new(config::simulator(config), move || clock.now_us()));
    let opened = simulator.clone();
    service_with(config, simulator).prepare(move |_| opened.open())
}

/// The service with a provider of your own.
pub fn service_with(config: &Config, provider: Arc<dyn PaymentProvider>) -> Service {
    let asked = commands::AskProvider { provider: provider.clone(), timeout: config::timeout(config) };
    Service::new("payments")
        .migrations(store::MIGRATIONS)
        .grpc(move |context| grpc::server(context, provider))
        .command(commands::Charge) // payments.charge: asks the provider
        .command(commands::Refund) // payments.refund: also the undo of a charge
        .commands(|commands| commands.undoes::<RefundPayment, ChargePayment>().on_exhausted(commands::command_failed))
        .intent(asked) // -> payment.completed, .failed, .refunded
}
