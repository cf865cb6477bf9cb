//! The `workouts` table.

use std::collections::{BTreeMap, BTreeSet};

use store::{Row, StoreError, Work, params};

use crate::domain::{Share, Status, Workout};

/// All columns that [`Record::read`] reads.
pub const COLUMNS: &str = "user_id, workout_id, status, details, heart_rate, created_at_us, updated_at_us";
/// Those of [`Record::read_brief`].
pub const BRIEF: &str = "user_id, workout_id, status, details, created_at_us, updated_at_us";

/// Which workout.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct Who {
    pub user_id: String,
    pub workout_id: String,
}

/// A row. Times are microseconds since 1970 UTC.
#[derive(Clone, Debug)]
pub struct Record {
    pub user_id: String,
    pub workout_id: String,
    pub workout: Workout,
    pub created_at_us: i64,
    pub updated_at_us: i64,
}

/// The workout, to be decided upon: nobody else changes it until this work commits.
pub async fn lock(work: &mut Work, who: &Who) -> Result<Option<Record>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM workouts WHERE user_id = $1 AND workout_id = $2{}", work.for_update());
    work.row(&sql, params![&who.user_id, &who.workout_id]).await?.as_ref().map(Record::read).transpose()
}

/// The same for many.
pub async fn lock_all(work: &mut Work, wanted: &BTreeSet<Who>) -> Result<BTreeMap<Who, Record>, StoreError> {
    let rows = wanted.iter().map(|who| params![&who.user_id, &who.workout_id]).collect();
    let sql = format!("SELECT {COLUMNS} FROM workouts WHERE (user_id, workout_id) IN (VALUES {{rows}}){}", work.for_update());
    let found = work.over_rows(&sql, "(?1, ?2)", params![], rows).await?;
    found.iter().map(|row| Record::read(row).map(|record| (record.who(), record))).collect()
}

/// Writes workouts as they stand now; `new` are those that were not there. Two that begin the same one: the second gets a conflict.
pub async fn put_all(work: &mut Work, new: &[&Record], changed: &[&Record]) -> Result<(), StoreError> {
    let insert = "INSERT INTO workouts (user_id, workout_id, status, type, at_us, started_at_us, duration_ms, distance_mm, calories_cal, details, \
                  heart_rate, created_at_us, updated_at_us) VALUES {rows}";
    let replace = format!(
        "{insert} ON CONFLICT (user_id, workout_id) DO UPDATE SET status = excluded.status, type = excluded.type, at_us = excluded.at_us, \
         started_at_us = excluded.started_at_us, duration_ms = excluded.duration_ms, distance_mm = excluded.distance_mm, \
         calories_cal = excluded.calories_cal, details = excluded.details, heart_rate = excluded.heart_rate, \
         updated_at_us = excluded.updated_at_us"
    );
    let row = "(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)";
    for (sql, records) in [(insert, new), (replace.as_str(), changed)] {
        let rows = records.iter().map(|record| record.params()).collect::<Result<Vec<_>, _>>()?;
        work.over_rows(sql, row, params![], rows).await?;
    }
    Ok(())
}

impl Record {
    /// Which workout it is.
    pub fn who(&self) -> Who {
        Who { user_id: self.user_id.clone(), workout_id: self.workout_id.clone() }
    }

    /// Reads a row of [`COLUMNS`].
    pub fn read(row: &Row) -> Result<Self, StoreError> {
        let mut record = Self::read_brief(row)?;
        record.workout.heart_rate_bpm = beats_read(&row.get::<Vec<u8>>("heart_rate")?);
        Ok(record)
    }

    /// Reads a row of [`BRIEF`]: without the heart rates, which may be 200,000.
    pub fn read_brief(row: &Row) -> Result<Self, StoreError> {
        let status: String = row.get("status")?;
        let known = Status::ALL.into_iter().find(|it| it.as_str() == status);
        let details: Workout = serde_json::from_str(&row.get::<String>("details")?).map_err(refused)?;
        let workout = Workout { status: known.ok_or_else(|| refused(format!("status {status}")))?, ..details };
        Ok(Self {
            user_id: row.get("user_id")?,
            workout_id: row.get("workout_id")?,
            workout,
            created_at_us: row.get("created_at_us")?,
            updated_at_us: row.get("updated_at_us")?,
        })
    }

    fn params(&self) -> Result<store::Params, StoreError> {
        let facts = self.workout.facts();
        let share = self.workout.metrics.as_ref().map(Share::of).unwrap_or_default();
        Ok(params![
            &self.user_id,
            &self.workout_id,
            self.workout.status.as_str(),
            facts.kind.unwrap_or_default(),
            facts.started_at_us.unwrap_or(self.created_at_us),
            facts.started_at_us,
            share.duration_ms,
            share.distance_mm,
            share.calories_cal,
            serde_json::to_string(&self.workout).map_err(refused)?,
            beats(&self.workout.heart_rate_bpm),
            self.created_at_us,
            self.updated_at_us,
        ])
    }
}

/// Two bytes each.
fn beats(heart_rate_bpm: &[u32]) -> Vec<u8> {
    heart_rate_bpm.iter().flat_map(|bpm| u16::try_from(*bpm).unwrap_or(u16::MAX).to_be_bytes()).collect()
}

fn beats_read(bytes: &[u8]) -> Vec<u32> {
    bytes.as_chunks::<2>().0.iter().map(|pair| u16::from_be_bytes(*pair).into()).collect()
}

fn refused(error: impl std::fmt::Display) -> StoreError {
    StoreError::Refused(format!("workouts: {error}"))
}
