//! Payments and refunds as rows.

mod payments;
mod refunds;

use store::Migration;

pub use payments::{By, COLUMNS, Record, lock, put};
pub use refunds::{Record as RefundRecord, Source, find as find_refund, of_orders as refunds_of, put as put_refund};

/// This service's own tables.
pub const MIGRATIONS: &[Migration] = &[Migration { version: 1, name: "payments", sql: include_str!("../migrations/0001_payments.sql") }];
