//! What a payment is: state and command in, a [`Decision`] or a rejection out.
//!
//! The provider is asked in between, outside any transaction: a command decides what to [`Ask`], the provider's word is settled by a
//! decision of its own. What is asked but not settled counts as gone (`refunding`), so that two refunds never share one piece of money.

mod charge;
mod decision;
mod inquiry;
mod money;
mod payment;
mod refund;
mod undo;

#[cfg(test)]
mod tests;

pub use charge::{ChargeOutcome, ChargeRequest, charge, settle_charge};
pub use decision::{Ask, Decision, Event, Rejection, reasons};
pub use inquiry::{give_up_inquiry, settle_inquiry};
pub use money::Money;
pub use payment::{Payment, Refund, RefundStatus, Status, Undo};
pub use refund::{RefundOutcome, refund, settle_refund};
pub use undo::undo;
