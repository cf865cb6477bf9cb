//! This service's tables.

mod book;
mod marks;
pub mod people;
pub mod progress;
pub mod rules;
mod workouts;

use store::Migration;

pub use book::Book;

/// Oldest first.
pub const MIGRATIONS: &[Migration] = &[
    Migration { version: 1, name: "achievements", sql: include_str!("../migrations/0001_achievements.sql") },
    Migration { version: 2, name: "first_rules", sql: include_str!("../migrations/0002_first_rules.sql") },
];
