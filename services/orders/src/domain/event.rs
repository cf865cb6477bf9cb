//! What can happen to an order.

use super::{Address, Contact, Item, Money, PaymentDetails, Status};

/// Something that happened to an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// `order.placed`: accepted, in PENDING.
    Placed(Box<Placed>),
    /// `order.status_updated`: on every change of status, and the only event that changes it.
    StatusUpdated {
        previous_status: Status,
        status: Status,
        /// Why; may be empty.
        reason: String,
    },
    /// `order.confirmed`: comes with the change to CONFIRMED.
    Confirmed,
    /// `order.cancelled`: comes with the change to CANCELLED.
    Cancelled { reason: String },
    /// `order.returned`: some of the goods came back, `refund` is the money for them.
    Returned { lines: Vec<ReturnedLine>, refund: Money, reason: String },
}

/// An order as it was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    pub order_id: String,
    pub user_id: String,
    pub contact: Contact,
    /// With the catalogue's names and prices.
    pub items: Vec<Item>,
    /// The sum of the items, computed here.
    pub total: Money,
    /// Absent where the order was placed in the form without one.
    pub shipping_address: Option<Address>,
    pub payment: PaymentDetails,
    /// The saga that carries the order out.
    pub saga_id: String,
}

/// Pieces that came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnedLine {
    pub product_id: String,
    /// Empty where the product has no variants.
    pub sku_id: String,
    /// Pieces.
    pub quantity: u32,
}
