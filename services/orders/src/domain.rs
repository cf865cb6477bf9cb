//! What an order is and what may become of it: state and command in, events or a rejection out.
//!
//! An order is the sum of its events ([`Order::replay`]). Prices are the catalogue's, the total is computed here, and every way from
//! one status to another stands in one table ([`status::TRANSITIONS`]). Times are the envelopes', not the domain's.

mod cancel;
mod change_status;
mod event;
mod money;
mod order;
mod place;
mod rejection;
mod return_lines;
pub mod status;

#[cfg(test)]
mod tests;

pub use cancel::{Cancel, cancel};
pub use change_status::change_status;
pub use event::{Event, Placed, ReturnedLine};
pub use money::{MAX_AMOUNT, Money};
pub use order::{Address, Contact, Item, Order, PaymentDetails};
pub use place::{Catalogue, CatalogueEntry, MAX_LINES, MAX_QUANTITY, Place, WantedItem, place};
pub use rejection::{Fault, Rejection, Violation, reasons};
pub use return_lines::return_lines;
pub use status::{By, Status};
