//! What is true without a database or a broker: what a filter means, and which message led to which.

pub(crate) mod conversation;
pub(crate) mod filter;

pub(crate) use filter::{Filter, Order};
