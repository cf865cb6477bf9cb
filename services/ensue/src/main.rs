#![doc = include_str!("../README.md")]

mod check;
mod clients;
mod import;
mod saga;
mod shop;

use std::process::ExitCode;

/// Messages are many small strings that one thread makes and another frees, which the system's allocator is slow at (docs/performance.md).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Which services there are: one line each.
fn main() -> ExitCode {
    ensue_cli::App::new("ensue")
        .version(env!("CARGO_PKG_VERSION"))
        .contracts(contracts::ALL.iter().copied())
        .service("orders", orders::service)
        .service("inventory", inventory::service)
        .service("payments", payments::service)
        .settings(payments::settings())
        .service("shipping", shipping::service)
        .settings(shipping::settings())
        .service("notifications", notifications::service)
        .settings(notifications::settings())
        .service("social", social::service)
        .service("devices", devices::service)
        .service("users", users::service)
        .service("workouts", workouts::service)
        .settings(workouts::settings())
        .service("achievements", achievements::service)
        .commands::<shop::Command>()
        .main()
}
