//! The service's own tables.

pub(crate) mod catalogue;
pub(crate) mod reservations;
pub(crate) mod returns;
pub(crate) mod shelf;

use store::Migration;

/// Oldest first; an applied one is never edited.
pub(crate) const MIGRATIONS: &[Migration] =
    &[Migration { version: 1, name: "inventory", sql: include_str!("../migrations/0001_inventory.sql") }];

/// `$<from>, $<from+1>, …`, so many.
fn placeholders(from: usize, count: usize) -> String {
    (from..from + count).map(|number| format!("${number}")).collect::<Vec<_>>().join(", ")
}
