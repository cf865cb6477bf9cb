//! What a decision changes, asks of the provider and announces.

use super::{Money, Payment, Refund, Status};

/// Reasons of `payment.failed`.
pub mod reasons {
    /// The provider said no.
    pub const PAYMENT_DECLINED: &str = "payment_declined";
    /// The provider said nothing, and when asked knew of no charge.
    pub const PAYMENT_TIMEOUT: &str = "payment_timeout";
}

/// The outcome of a command: rows, the intent and events, in one transaction. Empty when there was nothing left to do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decision {
    /// The payment as it stands afterwards, where it changed.
    pub payment: Option<Payment>,
    /// The refund as it stands afterwards, where there is one.
    pub refund: Option<Refund>,
    /// What to ask the provider after commit.
    pub ask: Option<Ask>,
    /// What happened, in order.
    pub events: Vec<Event>,
}

/// A call to the provider, to be written down as an intent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Take the money; the key is the payment id.
    Charge { payment_id: String, amount: Money, method: String, token: String },
    /// Give money back; the key is the refund id.
    Refund { refund_id: String, payment_id: String, amount: Money },
    /// Did you take the money under this payment id after all?
    Inquire { payment_id: String },
}

/// Something that happened to a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// `payment.completed`: the money is in.
    Completed { payment_id: String, order_id: String, amount: Money, method: String, provider_reference: String },
    /// `payment.failed`: it is not.
    Failed { payment_id: String, order_id: String, amount: Money, method: String, reason: String, retriable: bool },
    /// `payment.refunded`: `amount` went back, 0 where there was nothing to give back; `refunded_total` so far.
    Refunded { payment_id: String, order_id: String, refund_id: String, amount: Money, reason: String, refunded_total: Money },
    /// The provider refused to give it back: the answer to the command, no fact of the catalogue.
    RefundFailed { payment_id: String, order_id: String, refund_id: String, amount: Money, error: String },
}

/// Why a command is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// The order's undo came before its charge: a late do.
    #[error("the payment of order {order_id} was undone before it came")]
    Voided { order_id: String },
    /// Less than nothing, or for a refund nothing.
    #[error("{minor_units} is no amount for this")]
    BadAmount { minor_units: i64 },
    /// The order has no payment.
    #[error("order {order_id} has no payment")]
    NoPayment { order_id: String },
    /// Only money that is in can be given back.
    #[error("a payment in {} cannot be refunded", status.as_str())]
    NotRefundable { status: Status },
    /// More than is left.
    #[error("{requested} to be refunded, {left} left, in minor units")]
    ExceedsLeft { requested: i64, left: i64 },
    /// A payment is in one currency.
    #[error("{asked} to be refunded of a payment in {paid}")]
    OtherCurrency { asked: String, paid: String },
}

impl Rejection {
    /// The reason for machines.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Voided { .. } => "voided",
            Self::BadAmount { .. } => "bad_amount",
            Self::NoPayment { .. } => "no_payment",
            Self::NotRefundable { .. } => "not_refundable",
            Self::ExceedsLeft { .. } => "exceeds_left",
            Self::OtherCurrency { .. } => "other_currency",
        }
    }
}
