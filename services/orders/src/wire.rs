//! Between what travels and what the domain knows; nothing is decided here.

mod commands;
mod events;
mod order;
mod request;
mod saga;
mod values;

pub use commands::{cancel_shipment, charge, create_shipment, deduct, refund, release, reserve, return_stock};
pub use events::{Told, announce, event_of, placed_of, placed_row};
pub use order::order;
pub use request::{lines, micros, wish};
pub use saga::{saga, state_of};
pub use values::{status, status_of};
