//! What a shipment is: state and command in, a [`Decision`] or a rejection out.
//!
//! An order has one shipment. The carrier is asked outside any transaction: a command decides what to [`Ask`], the carrier's word is
//! settled by a decision of its own.

mod cancel;
mod create;
mod decision;
mod shipment;
mod travel;

#[cfg(test)]
mod tests;

pub use cancel::cancel;
pub use create::{BookingOutcome, CreateRequest, create, settle_booking};
pub use decision::{Ask, Decision, Event, Rejection};
pub use shipment::{Address, Line, Shipment, Status, TRANSITIONS};
pub use travel::{deliver, dispatch};
