//! The carrier, as this service sees it, and the built-in simulator of one.

mod carrier;
mod simulator;

#[cfg(test)]
mod tests;

pub use carrier::{Booking, Carrier, CarrierError, Consignment};
pub use simulator::{FAIL_MARKER, Settings, Simulator};
