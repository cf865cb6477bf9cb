//! The port to the provider: idempotent by key.

use futures::future::BoxFuture;

use crate::domain::Money;

use super::Entry;

/// A charge to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChargeCall {
    pub amount: Money,
    /// `card`, `alipay`, `wechat_pay`, …
    pub method: String,
    /// The provider's own, for the customer's means of payment.
    pub token: String,
}

/// Money to be given back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundCall {
    /// The key under which it was charged.
    pub charge_key: String,
    pub amount: Money,
}

/// The provider's yes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The provider's own id of the charge or refund.
    pub reference: String,
}

/// Everything but a yes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProviderError {
    /// A final no.
    #[error("declined: {reason}")]
    Declined { reason: String },
    /// No answer in time: it may or may not have happened. Look it up before asking again.
    #[error("the provider did not answer in time")]
    Timeout,
    /// It did not happen; later it may.
    #[error("the provider is unavailable: {0}")]
    Unavailable(String),
}

/// A payment provider. A key stands for one charge or one refund for ever: the same call again gets the first answer.
pub trait PaymentProvider: Send + Sync {
    /// Takes money.
    fn charge<'a>(&'a self, key: &'a str, call: &'a ChargeCall) -> BoxFuture<'a, Result<Receipt, ProviderError>>;

    /// Gives money back.
    fn refund<'a>(&'a self, key: &'a str, call: &'a RefundCall) -> BoxFuture<'a, Result<Receipt, ProviderError>>;

    /// What happened under a key; `None` where nothing did.
    fn lookup<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Entry>, ProviderError>>;

    /// Its own ledger, oldest first: at most `limit` entries after the first `skip`.
    fn ledger(&self, skip: usize, limit: usize) -> BoxFuture<'_, Result<Vec<Entry>, ProviderError>>;
}
