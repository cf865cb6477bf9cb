//! The service's own tables, written in the same transaction as the events.

pub mod catalogue;
mod kept;
pub mod orders;

pub use kept::Kept;
