//! This service's tables.

pub(crate) mod activities;
pub(crate) mod comments;
pub(crate) mod deleted_workouts;
pub(crate) mod follows;
pub(crate) mod likes;

use store::{Migration, Row, StoreError};

use crate::domain::{Kind, Target};

/// Oldest first; an applied one is never edited.
pub(crate) const MIGRATIONS: &[Migration] = &[Migration { version: 1, name: "social", sql: include_str!("../migrations/0001_social.sql") }];

/// Reads the columns `kind`, `target_id` and `owner_id`.
fn target(row: &Row) -> Result<Target, StoreError> {
    let name: String = row.get("kind")?;
    let kind = Kind::ALL.into_iter().find(|kind| kind.as_str() == name);
    let kind = kind.ok_or_else(|| StoreError::Refused(format!("target kind {name}")))?;
    Ok(Target { kind, id: row.get("target_id")?, owner_id: row.get("owner_id")? })
}
