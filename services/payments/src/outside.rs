//! The payment provider, as this service sees it, and the built-in simulator of one.

mod book;
mod ledger;
mod provider;
mod simulator;

#[cfg(test)]
mod tests;

pub use ledger::{Entry, EntryKind, LedgerError};
pub use provider::{ChargeCall, PaymentProvider, ProviderError, Receipt, RefundCall};
pub use simulator::{Settings, Simulator, tokens};
