//! This service's tables.

mod notifications;
mod preferences;

use store::Migration;

pub use notifications::{COLUMNS, add, failed, get, read, sent};
pub use preferences::{forget, of_user, of_users, put};

/// Oldest first.
pub const MIGRATIONS: &[Migration] =
    &[Migration { version: 1, name: "notifications", sql: include_str!("../migrations/0001_notifications.sql") }];
