//! The `workouts` table: what goals are counted from.

use store::{StoreError, Work, params};

use super::Ask;
use crate::domain::{Sums, Window, Workout};

/// What is known of a workout; nothing yet: a workout without anything.
pub(crate) async fn get(work: &mut Work, user_id: &str, workout_id: &str) -> Result<Workout, StoreError> {
    let sql = "SELECT started_at_us, duration_s, distance_m, calories_kcal, completed, deleted FROM workouts \
               WHERE user_id = $1 AND workout_id = $2";
    let row = work.row(sql, params![user_id, workout_id]).await?;
    row.map_or(Ok(Workout::default()), |row| {
        Ok(Workout {
            started_at_us: row.get("started_at_us")?,
            duration_s: row.get("duration_s")?,
            distance_m: row.get("distance_m")?,
            calories_kcal: row.get("calories_kcal")?,
            completed: row.get("completed")?,
            deleted: row.get("deleted")?,
        })
    })
}

pub(crate) async fn put(work: &mut Work, user_id: &str, workout_id: &str, workout: &Workout) -> Result<(), StoreError> {
    let sql = "INSERT INTO workouts (user_id, workout_id, started_at_us, duration_s, distance_m, calories_kcal, completed, deleted, counts) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (user_id, workout_id) DO UPDATE SET \
               started_at_us = excluded.started_at_us, duration_s = excluded.duration_s, distance_m = excluded.distance_m, \
               calories_kcal = excluded.calories_kcal, completed = excluded.completed, deleted = excluded.deleted, counts = excluded.counts";
    let counts = workout.counts_at().is_some();
    let Workout { started_at_us, duration_s, distance_m, calories_kcal, completed, deleted } = *workout;
    let params = params![user_id, workout_id, started_at_us, duration_s, distance_m, calories_kcal, completed, deleted, counts];
    work.execute(sql, params).await.map(|_| ())
}

/// What those that count add up to in a stretch of time.
pub(crate) async fn sums(ask: &mut impl Ask, user_id: &str, window: &Window) -> Result<Sums, StoreError> {
    let sql = "SELECT COUNT(*) AS workouts, COALESCE(SUM(distance_m), 0.0) AS distance_m, COALESCE(SUM(calories_kcal), 0.0) AS calories_kcal, \
               COALESCE(SUM(duration_s), 0.0) AS duration_s FROM workouts \
               WHERE user_id = $1 AND counts = 1 AND started_at_us >= $2 AND started_at_us < $3";
    let row = ask.ask(sql, params![user_id, window.from_us, window.to_us]).await?;
    row.map_or(Ok(Sums::default()), |row| {
        Ok(Sums {
            workouts: row.get::<i64>("workouts")? as f64,
            distance_m: row.get("distance_m")?,
            calories_kcal: row.get("calories_kcal")?,
            duration_s: row.get("duration_s")?,
        })
    })
}
