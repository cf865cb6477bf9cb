//! Where an order may stand, and every way from one place to another.

/// Where an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Status {
    /// Accepted, being processed.
    Pending,
    /// Stock is held.
    Reserved,
    /// The money is in.
    Paid,
    /// The shipment is being made.
    Shipping,
    /// Paid, taken from stock, ready to go.
    Confirmed,
    /// With the carrier.
    Dispatched,
    /// At the customer's.
    Delivered,
    /// Ended without goods; everything was undone.
    Cancelled,
    /// An undo failed for good; an operator is needed.
    CompensationFailed,
    /// Everything came back.
    Returned,
}

/// Who wants an order to change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// The saga, or a fact from shipping: it tells what has happened.
    Process,
    /// A person at `UpdateOrderStatus`.
    Operator,
}

use Status::*;

const PROCESS: &[By] = &[By::Process];
const ANYONE: &[By] = &[By::Process, By::Operator];

/// Every allowed transition and who may make it. What needs undoing is no mere change of status, so for operators the way to
/// CANCELLED is [`cancel`](super::cancel()) and the way to RETURNED is [`return_lines`](super::return_lines()).
pub const TRANSITIONS: &[(Status, Status, &[By])] = &[
    (Pending, Reserved, PROCESS),
    (Reserved, Paid, PROCESS),
    (Paid, Shipping, PROCESS),
    (Shipping, Confirmed, PROCESS),
    (Confirmed, Dispatched, ANYONE),
    (Dispatched, Delivered, ANYONE),
    (Delivered, Returned, PROCESS),
    // undone
    (Pending, Cancelled, PROCESS),
    (Reserved, Cancelled, PROCESS),
    (Paid, Cancelled, PROCESS),
    (Shipping, Cancelled, PROCESS),
    (Confirmed, Cancelled, PROCESS),
    // could not be undone
    (Pending, CompensationFailed, PROCESS),
    (Reserved, CompensationFailed, PROCESS),
    (Paid, CompensationFailed, PROCESS),
    (Shipping, CompensationFailed, PROCESS),
    (Confirmed, CompensationFailed, PROCESS),
    // undone after all, by the saga's retry or by hand
    (CompensationFailed, Cancelled, ANYONE),
];

impl Status {
    /// All of them, in the order of an order's life.
    pub const ALL: [Status; 10] =
        [Pending, Reserved, Paid, Shipping, Confirmed, Dispatched, Delivered, Cancelled, CompensationFailed, Returned];

    /// Its name, as people and rejections say it.
    pub fn as_str(self) -> &'static str {
        match self {
            Pending => "PENDING",
            Reserved => "RESERVED",
            Paid => "PAID",
            Shipping => "SHIPPING",
            Confirmed => "CONFIRMED",
            Dispatched => "DISPATCHED",
            Delivered => "DELIVERED",
            Cancelled => "CANCELLED",
            CompensationFailed => "COMPENSATION_FAILED",
            Returned => "RETURNED",
        }
    }

    /// The status of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == name)
    }

    /// Whether that one may make this change.
    pub fn may_become(self, to: Status, by: By) -> bool {
        TRANSITIONS.iter().any(|(from, into, who)| (*from, *into) == (self, to) && who.contains(&by))
    }

    /// The saga is still on its way.
    pub fn in_flight(self) -> bool {
        matches!(self, Pending | Reserved | Paid | Shipping)
    }
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
