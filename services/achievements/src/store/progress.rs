//! The `progress` table: how far each user is with each rule, and what was unlocked.

use std::collections::{BTreeMap, BTreeSet};

use store::{Row, StoreError, Work, params};

use super::book::Pair;
use crate::domain::{Person, Standing};

const COLUMNS: &str = "user_id, rule_id, current, percent, milestone, unlocked_current";

/// Reads how far these users are, with every rule, into their people.
pub async fn read(work: &mut Work, users: &BTreeSet<&str>, people: &mut BTreeMap<String, Person>) -> Result<(), StoreError> {
    let rows = users.iter().map(|user| params![*user]).collect();
    let sql = format!("SELECT {COLUMNS} FROM progress WHERE user_id IN (VALUES {{rows}})");
    let found = work.over_rows(&sql, "(?1)", params![], rows).await?;
    found.iter().try_for_each(|row| put(row, people))
}

/// Reads how far everybody between these two, included, is with one rule.
pub async fn read_rule(
    work: &mut Work,
    rule_id: &str,
    (first, last): (&str, &str),
    people: &mut BTreeMap<String, Person>,
) -> Result<(), StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM progress WHERE rule_id = $1 AND user_id >= $2 AND user_id <= $3");
    let found = work.rows(&sql, params![rule_id, first, last]).await?;
    found.iter().try_for_each(|row| put(row, people))
}

/// Writes down who is further, or less far, than before; what is unlocked is unlocked now.
pub(super) async fn write(work: &mut Work, changed: &[Pair<'_>]) -> Result<(), StoreError> {
    let now = work.now_us();
    let rows = changed.iter().flat_map(|pair| {
        let different = pair.now.standings.iter().filter(|(rule, standing)| pair.before.standings.get(*rule) != Some(standing));
        different.map(move |(rule, it)| {
            let unlocked_at = it.unlocked.map(|_| now);
            params![pair.user, rule, it.current, it.percent, u32::from(it.milestone), it.unlocked, unlocked_at, now]
        })
    });
    let sql = format!(
        "INSERT INTO progress ({COLUMNS}, unlocked_at_us, updated_at_us) VALUES {{rows}} ON CONFLICT (user_id, rule_id) DO UPDATE SET \
         current = excluded.current, percent = excluded.percent, milestone = excluded.milestone, \
         unlocked_current = excluded.unlocked_current, \
         unlocked_at_us = COALESCE(progress.unlocked_at_us, excluded.unlocked_at_us), updated_at_us = excluded.updated_at_us"
    );
    work.over_rows(&sql, "(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)", params![], rows.collect()).await.map(|_| ())
}

fn put(row: &Row, people: &mut BTreeMap<String, Person>) -> Result<(), StoreError> {
    let milestone: u32 = row.get("milestone")?;
    let standing = Standing {
        current: row.get("current")?,
        percent: row.get("percent")?,
        milestone: u8::try_from(milestone).unwrap_or(u8::MAX),
        unlocked: row.get("unlocked_current")?,
    };
    if let Some(person) = people.get_mut(&row.get::<String>("user_id")?) {
        person.standings.insert(row.get("rule_id")?, standing);
    }
    Ok(())
}
