//! The `workouts` table: each workout once, and the days that follow from it.

use std::collections::{BTreeMap, BTreeSet};

use store::{Row, StoreError, Work, params};

use super::book::Pair;
use crate::domain::{Person, Workout};

const COLUMNS: &str = "user_id, workout_id, done, uploaded, deleted, started_at_us, zone, distance_mm, calories_milli";

/// Reads these workouts (user, id) into their people.
pub async fn read(work: &mut Work, wanted: &BTreeSet<(&str, &str)>, people: &mut BTreeMap<String, Person>) -> Result<(), StoreError> {
    let rows = wanted.iter().map(|(user, id)| params![*user, *id]).collect();
    let sql = format!("SELECT {COLUMNS} FROM workouts WHERE (user_id, workout_id) IN (VALUES {{rows}})");
    let found = work.over_rows(&sql, "(?1, ?2)", params![], rows).await?;
    found.iter().try_for_each(|row| put(row, people))
}

/// Reads the workouts that came before it was known where these users live.
pub async fn read_without_zone(work: &mut Work, users: &BTreeSet<&str>, people: &mut BTreeMap<String, Person>) -> Result<(), StoreError> {
    let rows = users.iter().map(|user| params![*user]).collect();
    let sql = format!("SELECT {COLUMNS} FROM workouts WHERE zone = '' AND user_id IN (VALUES {{rows}})");
    let found = work.over_rows(&sql, "(?1)", params![], rows).await?;
    found.iter().try_for_each(|row| put(row, people))
}

/// Reads on which days these users worked out, and how often.
pub async fn read_days(work: &mut Work, users: &BTreeSet<&str>, people: &mut BTreeMap<String, Person>) -> Result<(), StoreError> {
    let rows = users.iter().map(|user| params![*user]).collect();
    let sql = "SELECT user_id, day, COUNT(*) AS workouts FROM workouts WHERE counts = 1 AND day IS NOT NULL \
               AND user_id IN (VALUES {rows}) GROUP BY user_id, day";
    for row in work.over_rows(sql, "(?1)", params![], rows).await? {
        if let Some(person) = people.get_mut(&row.get::<String>("user_id")?) {
            person.days.insert(row.get("day")?, row.get("workouts")?);
        }
    }
    Ok(())
}

/// Writes down which are new or different.
pub(super) async fn write(work: &mut Work, changed: &[Pair<'_>]) -> Result<(), StoreError> {
    let different = |pair: &Pair<'_>, id: &str, now: &Workout| pair.before.workouts.get(id) != Some(now);
    let rows = changed.iter().flat_map(|pair| {
        pair.now.workouts.iter().filter(move |(id, now)| different(pair, id, now)).map(|(id, it)| {
            params![
                pair.user,
                id,
                it.done,
                it.uploaded,
                it.deleted,
                it.started_at_us,
                &it.zone,
                it.distance_mm,
                it.calories_milli,
                it.counts(),
                it.day(),
            ]
        })
    });
    let sql = format!(
        "INSERT INTO workouts ({COLUMNS}, counts, day) VALUES {{rows}} ON CONFLICT (user_id, workout_id) DO UPDATE SET \
         done = excluded.done, uploaded = excluded.uploaded, deleted = excluded.deleted, started_at_us = excluded.started_at_us, \
         zone = excluded.zone, distance_mm = excluded.distance_mm, calories_milli = excluded.calories_milli, counts = excluded.counts, \
         day = excluded.day"
    );
    work.over_rows(&sql, "(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)", params![], rows.collect()).await.map(|_| ())
}

fn put(row: &Row, people: &mut BTreeMap<String, Person>) -> Result<(), StoreError> {
    let workout = Workout {
        done: row.get("done")?,
        uploaded: row.get("uploaded")?,
        deleted: row.get("deleted")?,
        started_at_us: row.get("started_at_us")?,
        zone: row.get("zone")?,
        distance_mm: row.get("distance_mm")?,
        calories_milli: row.get("calories_milli")?,
    };
    if let Some(person) = people.get_mut(&row.get::<String>("user_id")?) {
        person.workouts.insert(row.get("workout_id")?, workout);
    }
    Ok(())
}
