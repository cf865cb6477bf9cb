#![doc = include_str!("../README.md")]

mod announce;
mod commands;
pub mod domain;
mod grpc;
mod queries;
mod store;

use contracts_inventory::v1::{ReleaseStock, ReserveStock};
use service_host::Service;
use service_host::config::Config;

/// The whole service.
pub fn service(_config: &Config) -> Service {
    Service::new("inventory")
        .migrations(store::MIGRATIONS)
        .grpc(grpc::server)
        .command(commands::Reserve) // commands.inventory.reserve.<order>
        .command(commands::Release) // commands.inventory.release.<order>: the undo
        .command(commands::Deduct) // commands.inventory.deduct.<order>
        .command(commands::Return) // commands.inventory.return.<order>
        .command(commands::Restock) // commands.inventory.restock.<product>, also by hand
        .command(commands::Withdraw) // commands.inventory.withdraw.<product>, also by hand
        .commands(|consumer| consumer.undoes::<ReleaseStock, ReserveStock>().on_exhausted(commands::tell_the_saga))
}
