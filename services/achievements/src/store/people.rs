//! The `people` table: what is counted of each user.

use std::collections::{BTreeMap, BTreeSet};

use store::{Row, Store, StoreError, Work, params};

use super::book::Pair;
use crate::domain::{Counts, Person, Streak};

const COLUMNS: &str = "user_id, zone, workouts, distance_mm, calories_milli, uploads, goals, follows_given, follows_received, likes_given, \
                       likes_received, streak_current, streak_best, last_day";

/// Adds those who are new. They are added under the rulebook's lock: a page of a new rule's evaluation does not see who is not committed
/// yet, so such a rule and such a person must not come past each other.
pub async fn add(work: &mut Work, users: &BTreeSet<&str>) -> Result<(), StoreError> {
    let rows = users.iter().map(|user| params![*user]).collect();
    let sql = "INSERT INTO people (user_id) VALUES {rows} ON CONFLICT (user_id) DO NOTHING RETURNING user_id";
    let added = work.over_rows(sql, "(?1)", params![], rows).await?;
    if added.is_empty() { Ok(()) } else { super::rules::lock_book(work).await }
}

/// These people, held until the commit; in one order everywhere, so that two processes can't wait for each other.
pub async fn lock(work: &mut Work, users: &BTreeSet<&str>) -> Result<BTreeMap<String, Person>, StoreError> {
    let rows = users.iter().map(|user| params![*user]).collect();
    let sql = format!("SELECT {COLUMNS} FROM people WHERE user_id IN (VALUES {{rows}}) ORDER BY user_id{}", work.for_update());
    let found = work.over_rows(&sql, "(?1)", params![], rows).await?;
    found.iter().map(read).collect()
}

/// So many people behind `after`, held until the commit.
pub async fn lock_page(work: &mut Work, after: &str, most: usize) -> Result<BTreeMap<String, Person>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM people WHERE user_id > $1 ORDER BY user_id LIMIT $2{}", work.for_update());
    let found = work.rows(&sql, params![after, most as u64]).await?;
    found.iter().map(read).collect()
}

/// What is counted of a user; nothing of one who never did anything.
pub async fn counts(store: &Store, user_id: &str) -> Result<Counts, StoreError> {
    let row = store.row(&format!("SELECT {COLUMNS} FROM people WHERE user_id = $1"), params![user_id]).await?;
    Ok(row.as_ref().map(read).transpose()?.map(|(_, person)| person.counts).unwrap_or_default())
}

/// Writes down whoever changed.
pub(super) async fn write(work: &mut Work, changed: &[Pair<'_>]) -> Result<(), StoreError> {
    let rows = changed.iter().filter(|pair| (&pair.before.zone, pair.before.counts) != (&pair.now.zone, pair.now.counts)).map(|pair| {
        let (zone, it) = (&pair.now.zone, &pair.now.counts);
        params![
            pair.user,
            zone,
            it.workouts,
            it.distance_mm,
            it.calories_milli,
            it.uploads,
            it.goals,
            it.follows_given,
            it.follows_received,
            it.likes_given,
            it.likes_received,
            it.streak.current,
            it.streak.best,
            it.streak.last_day,
        ]
    });
    let sql = format!(
        "INSERT INTO people ({COLUMNS}) VALUES {{rows}} ON CONFLICT (user_id) DO UPDATE SET zone = excluded.zone, \
         workouts = excluded.workouts, distance_mm = excluded.distance_mm, calories_milli = excluded.calories_milli, \
         uploads = excluded.uploads, goals = excluded.goals, follows_given = excluded.follows_given, \
         follows_received = excluded.follows_received, likes_given = excluded.likes_given, likes_received = excluded.likes_received, \
         streak_current = excluded.streak_current, streak_best = excluded.streak_best, last_day = excluded.last_day"
    );
    let row = "(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)";
    work.over_rows(&sql, row, params![], rows.collect()).await.map(|_| ())
}

fn read(row: &Row) -> Result<(String, Person), StoreError> {
    let counts = Counts {
        workouts: row.get("workouts")?,
        distance_mm: row.get("distance_mm")?,
        calories_milli: row.get("calories_milli")?,
        uploads: row.get("uploads")?,
        goals: row.get("goals")?,
        follows_given: row.get("follows_given")?,
        follows_received: row.get("follows_received")?,
        likes_given: row.get("likes_given")?,
        likes_received: row.get("likes_received")?,
        streak: Streak { current: row.get("streak_current")?, best: row.get("streak_best")?, last_day: row.get("last_day")? },
    };
    Ok((row.get("user_id")?, Person { zone: row.get("zone")?, counts, ..Person::default() }))
}
