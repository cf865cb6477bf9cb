//! What stock is and what may be done with it: state and command in, a [`Decision`] or a rejection out.
//!
//! `stock` is what lies on the shelf, `reserved` the part of it that is promised to orders that are not confirmed yet, and
//! `available` (stock − reserved) what the next order can have. Reserving moves `reserved`; only deducting, returning and
//! restocking move `stock`. Pieces are whole and unsigned, so stock below zero cannot even be written down.

mod decision;
mod product;
mod reservation;
mod reserve;
mod shelf;

#[cfg(test)]
mod tests;

pub use decision::{Cause, Decision, Event};
pub use product::{DEFAULT_LOW_STOCK_THRESHOLD, Product};
pub use reservation::{Line, Rejection, Reservation, ReservationStatus, ReservedLine, deduct, release, return_all, return_lines};
pub use reserve::{HeldLine, Refusal, reserve};
pub use shelf::{StockRejection, restock, set_threshold, withdraw};

use std::collections::BTreeMap;

/// The products that a decision is about, by product id, as they stand (locked) in the store.
pub type Shelf = BTreeMap<String, Product>;
