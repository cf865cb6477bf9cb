//! What stock is and what may be done with it: state and command in, a [`Decision`] or a rejection out.
//!
//! `stock` is what lies on the shelf, `reserved` the part of it that is promised to orders that are not confirmed yet, and
//! `available` (stock − reserved) what the next order can have. Reserving moves `reserved`; only deducting, returning and
//! restocking move `stock`. Both are counted per variant; whether a product is low is a matter of all its variants together.

mod decision;
mod product;
mod reservation;
mod reserve;
mod returns;
mod shelf;

#[cfg(test)]
mod tests;

pub use decision::{Cause, Decision, Event};
pub use product::{DEFAULT_LOW_STOCK_THRESHOLD, MAX_STOCK, Pieces, Product};
pub use reservation::{Line, Rejection, Reservation, ReservationStatus, ReservedLine, deduct, release};
pub use reserve::{HeldLine, Refusal, reserve};
pub use returns::return_lines;
pub use shelf::{StockRejection, create, restock, withdraw};

use std::collections::BTreeMap;

/// The products that a decision is about, by product id, as they stand (locked) in the store.
pub type Shelf = BTreeMap<String, Product>;
