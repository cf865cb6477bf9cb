//! The `deleted_workouts` table.

use store::{StoreError, Work, params};

use crate::domain::{Kind, Target};

pub(crate) async fn add(work: &mut Work, workout_id: &str, owner_id: &str) -> Result<(), StoreError> {
    let sql = "INSERT INTO deleted_workouts (workout_id, owner_id) VALUES ($1, $2) ON CONFLICT (workout_id, owner_id) DO NOTHING";
    work.execute(sql, params![workout_id, owner_id]).await.map(|_| ())
}

/// Whether the target is a workout that is no more.
pub(crate) async fn contains(work: &mut Work, target: &Target) -> Result<bool, StoreError> {
    if target.kind != Kind::Workout {
        return Ok(false);
    }
    let sql = "SELECT 1 AS known FROM deleted_workouts WHERE workout_id = $1 AND owner_id = $2";
    Ok(work.row(sql, params![&target.id, &target.owner_id]).await?.is_some())
}
