//! Devices through the front door: readings by hand over a real broker, calls over gRPC, both databases.

mod readings;
mod watching;

use testkit::{Database, Process};

/// The process that each fact is about.
async fn start(database: Database) -> Process {
    Process::of(&[&contracts_devices::CONTRACTS], |config| vec![devices::service(config)]).on(database).start().await
}
