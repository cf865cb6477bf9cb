//! What a decision changes, asks of the carrier and announces.

use super::{Address, Line, Shipment, Status};

/// The outcome of a command: rows, the intent and events, in one transaction. Empty when there was nothing left to do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decision {
    /// The shipment as it stands afterwards, where it changed.
    pub shipment: Option<Shipment>,
    /// What to ask the carrier after commit.
    pub ask: Option<Ask>,
    /// What happened.
    pub event: Option<Event>,
}

/// A call to the carrier, to be written down as an intent; the key is the shipment id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Will you take this?
    Book { shipment_id: String, order_id: String, lines: Vec<Line>, address: Address },
    /// Don't come for it.
    CancelBooking { shipment_id: String },
}

/// Something that happened to a shipment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// `shipment.created`: ready to go.
    Created { shipment_id: String, order_id: String, lines: Vec<Line>, address: Address },
    /// `shipment.failed`: the carrier will not take it.
    Failed { shipment_id: String, order_id: String, reason: String },
    /// `shipment.cancelled`: it will not go; no `shipment_id` where there had been none.
    Cancelled { shipment_id: String, order_id: String, reason: String },
    /// `shipment.cancel_refused`: too late, it is `dispatched` or `delivered`.
    CancelRefused { shipment_id: String, order_id: String, reason: String },
    /// `shipment.dispatched`: with the carrier.
    Dispatched { shipment_id: String, order_id: String, address: Address, tracking_number: String },
    /// `shipment.delivered`: at the customer's.
    Delivered { shipment_id: String, order_id: String },
}

/// Why a command is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// There is no way from one to the other.
    #[error("a shipment that is {from} cannot become {to}")]
    ForbiddenTransition { from: Status, to: Status },
    /// The order was let go before its shipment came: a late do behind its undo.
    #[error("order {order_id} was let go before its shipment came")]
    OrderReleased { order_id: String },
}

impl Rejection {
    /// The reason for machines.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::ForbiddenTransition { .. } => "forbidden_transition",
            Self::OrderReleased { .. } => "order_released",
        }
    }
}
