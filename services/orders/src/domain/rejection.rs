//! Why a command is refused.

use super::Status;

/// The reasons that stand in events and in `status_reason`.
pub mod reasons {
    /// There is less than the order asks for.
    pub const INSUFFICIENT_STOCK: &str = "insufficient_stock";
    /// A product was withdrawn between placing and reserving.
    pub const PRODUCT_NOT_FOUND: &str = "product_not_found";
    /// The provider said no.
    pub const PAYMENT_DECLINED: &str = "payment_declined";
    /// The provider did not say anything.
    pub const PAYMENT_TIMEOUT: &str = "payment_timeout";
    /// The carrier will not take it.
    pub const SHIPPING_FAILED: &str = "shipping_failed";
    /// The customer changed their mind.
    pub const CUSTOMER_REQUEST: &str = "customer_request";
    /// The saga took too long.
    pub const SAGA_TIMEOUT: &str = "saga_timeout";
}

/// Why a command is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// The request itself is wrong, whatever the state: every fault at once.
    #[error("{} field(s) are wrong", .0.len())]
    Invalid(Vec<Violation>),
    /// There is no way from one to the other.
    #[error("an order in {from} cannot become {to}")]
    ForbiddenTransition { from: Status, to: Status },
    /// More would come back than was bought and is not back yet.
    #[error("lines[{index}]: {requested} of {product_id} to be returned, {left} left to return")]
    ReturnsTooMuch { index: usize, product_id: String, requested: u32, left: u32 },
}

impl Rejection {
    /// The reason for machines.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "invalid",
            Self::ForbiddenTransition { .. } => "forbidden_transition",
            Self::ReturnsTooMuch { .. } => "returns_too_much",
        }
    }
}

/// One field that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Its path in the request: `items[1].unit_price`.
    pub field: String,
    /// What is wrong with it.
    pub fault: Fault,
    /// The same for people.
    pub description: String,
}

impl Violation {
    pub(super) fn new(field: impl Into<String>, fault: Fault, description: impl Into<String>) -> Self {
        Self { field: field.into(), fault, description: description.into() }
    }
}

/// What can be wrong with a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Must be there.
    Required,
    /// More than the limit.
    TooMany,
    /// Below or above what is allowed.
    OutOfRange,
    /// The catalogue has no such product, or not this variant of it.
    UnknownProduct,
    /// The catalogue says another price.
    PriceMismatch,
    /// An order is in one currency.
    MixedCurrencies,
    /// The sum is more than [`MAX_AMOUNT`](super::MAX_AMOUNT).
    Overflow,
}

impl Fault {
    /// Its name for machines.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::TooMany => "too_many",
            Self::OutOfRange => "out_of_range",
            Self::UnknownProduct => "unknown_product",
            Self::PriceMismatch => "price_mismatch",
            Self::MixedCurrencies => "mixed_currencies",
            Self::Overflow => "overflow",
        }
    }
}
