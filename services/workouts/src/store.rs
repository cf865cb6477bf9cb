//! Workouts, recordings, samples and laps as rows.

mod recordings;
mod series;
mod workouts;

use store::Migration;

pub use recordings::{Known, Outcome, find_known, forget_known, put_known};
pub use series::{forget_series, laps, put_series, samples};
pub use workouts::{BRIEF, COLUMNS, Record, Who, lock, lock_all, put_all};

/// This service's own tables.
pub const MIGRATIONS: &[Migration] = &[Migration { version: 1, name: "workouts", sql: include_str!("../migrations/0001_workouts.sql") }];
