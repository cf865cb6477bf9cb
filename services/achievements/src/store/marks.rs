//! The `marks` table: goals, follows and likes that stand.

use std::collections::{BTreeMap, BTreeSet};

use store::{Params, StoreError, Work, params};

use super::book::Pair;
use crate::domain::{Mark, Person};

/// Reads which of these (user, mark, item) stand into their people.
pub async fn read(work: &mut Work, wanted: &BTreeSet<(&str, Mark, &str)>, people: &mut BTreeMap<String, Person>) -> Result<(), StoreError> {
    let rows = wanted.iter().map(|(user, mark, item)| params![*user, mark.as_str(), *item]).collect();
    let sql = "SELECT user_id, mark, item FROM marks WHERE (user_id, mark, item) IN (VALUES {rows})";
    for row in work.over_rows(sql, "(?1, ?2, ?3)", params![], rows).await? {
        let name: String = row.get("mark")?;
        let mark = Mark::from_name(&name).ok_or_else(|| StoreError::Refused(format!("marks.mark holds an unknown word: {name}")))?;
        if let Some(person) = people.get_mut(&row.get::<String>("user_id")?) {
            person.marks.insert((mark, row.get("item")?));
        }
    }
    Ok(())
}

/// Writes down which stand now and which no longer do.
pub(super) async fn write(work: &mut Work, changed: &[Pair<'_>]) -> Result<(), StoreError> {
    let set = changed.iter().flat_map(|pair| rows(pair.user, pair.now, pair.before)).collect();
    let sql = "INSERT INTO marks (user_id, mark, item) VALUES {rows} ON CONFLICT (user_id, mark, item) DO NOTHING";
    work.over_rows(sql, "(?1, ?2, ?3)", params![], set).await?;
    let unset = changed.iter().flat_map(|pair| rows(pair.user, pair.before, pair.now)).collect();
    let sql = "DELETE FROM marks WHERE (user_id, mark, item) IN (VALUES {rows})";
    work.over_rows(sql, "(?1, ?2, ?3)", params![], unset).await.map(|_| ())
}

/// What the one has and the other has not.
fn rows<'a>(user: &'a str, has: &'a Person, has_not: &'a Person) -> impl Iterator<Item = Params> + 'a {
    has.marks.difference(&has_not.marks).map(move |(mark, item)| params![user, mark.as_str(), item])
}
