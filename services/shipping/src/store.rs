//! Shipments as rows.

mod shipments;

use store::Migration;

pub use shipments::{By, COLUMNS, PUBLIC, Record, lock, put};

/// This service's own tables.
pub const MIGRATIONS: &[Migration] = &[Migration { version: 1, name: "shipments", sql: include_str!("../migrations/0001_shipments.sql") }];
