//! A payment and what came back of it.

use super::Money;

/// The payment of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// Also the idempotency key at the provider.
    pub payment_id: String,
    pub order_id: String,
    pub amount: Money,
    /// `card`, `alipay`, `wechat_pay`, …
    pub method: String,
    /// The provider's own id of the charge; empty until it said yes.
    pub provider_reference: String,
    pub status: Status,
    /// Given back so far, in the amount's minor units.
    pub refunded: i64,
    /// Asked to be given back, not settled yet, in the amount's minor units.
    pub refunding: i64,
    /// Why it failed; empty otherwise.
    pub reason: String,
    /// It counts as failed, and the provider never said whether it charged: it may have.
    pub unclear: bool,
    /// The undo that waits until the provider says what happened.
    pub undo: Option<Undo>,
}

/// An undo that waits for the provider's word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undo {
    pub refund_id: String,
    pub reason: String,
}

/// Where a payment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// The provider is being asked.
    Pending,
    /// The money is in.
    Completed,
    /// It is not, and will not be.
    Failed,
    /// Some of it was given back.
    PartiallyRefunded,
    /// All of it was given back.
    Refunded,
    /// Its undo came before it: it will not be charged.
    Voided,
}

impl Payment {
    /// The tombstone of an order whose payment was undone before it came.
    pub fn voided(order_id: impl Into<String>) -> Self {
        Self {
            payment_id: String::new(),
            order_id: order_id.into(),
            amount: Money::default(),
            method: String::new(),
            provider_reference: String::new(),
            status: Status::Voided,
            refunded: 0,
            refunding: 0,
            reason: String::new(),
            unclear: false,
            undo: None,
        }
    }

    /// What can still be given back, in minor units; nothing while the money is not in.
    pub fn left(&self) -> i64 {
        match self.status {
            Status::Completed | Status::PartiallyRefunded => self.amount.minor_units - self.refunded - self.refunding,
            _ => 0,
        }
    }
}

impl Status {
    /// Its name, as people and rejections say it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Completed => "COMPLETED",
            Self::Failed => "FAILED",
            Self::PartiallyRefunded => "PARTIALLY_REFUNDED",
            Self::Refunded => "REFUNDED",
            Self::Voided => "VOIDED",
        }
    }
}

/// Money given back, or on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund {
    /// Also the idempotency key at the provider.
    pub refund_id: String,
    pub payment_id: String,
    pub amount: Money,
    pub reason: String,
    pub status: RefundStatus,
}

/// Where a refund stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefundStatus {
    /// The provider is being asked.
    Pending,
    /// The money is with the customer.
    Completed,
    /// The provider refused.
    Failed,
}
