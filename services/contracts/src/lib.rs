#![doc = include_str!("../README.md")]

pub use catalogue::{Catalogue, Contract, Contracts, Described, Kind, Violation, check, events, platform, system, types};
pub use contracts_achievements as achievements;
pub use contracts_devices as devices;
pub use contracts_inventory as inventory;
pub use contracts_notifications as notifications;
pub use contracts_orders as orders;
pub use contracts_payments as payments;
pub use contracts_shipping as shipping;
pub use contracts_social as social;
pub use contracts_users as users;
pub use contracts_workouts as workouts;

/// What the businesses of this repository say to one another.
pub static ALL: &[&Contracts] = &[
    &contracts_achievements::CONTRACTS,
    &contracts_devices::CONTRACTS,
    &contracts_inventory::CONTRACTS,
    &contracts_notifications::CONTRACTS,
    &contracts_orders::CONTRACTS,
    &contracts_payments::CONTRACTS,
    &contracts_shipping::CONTRACTS,
    &contracts_social::CONTRACTS,
    &contracts_users::CONTRACTS,
    &contracts_workouts::CONTRACTS,
];

/// The catalogue of all of them.
///
/// # Panics
/// When they do not fit together, with what does not.
pub fn catalogue() -> Catalogue {
    match Catalogue::of(ALL.iter().copied()) {
        Ok(catalogue) => catalogue,
        Err(faults) => panic!("{faults}"),
    }
}
