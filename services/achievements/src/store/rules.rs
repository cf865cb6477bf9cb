//! The `rules` table: what must be done for each achievement.

use serde::{Deserialize, Serialize};
use store::{Row, Store, StoreError, Work, params};

use crate::domain::{Measure, Need, Needs, Rule};

const COLUMNS: &str = "rule_id, name, icon, description, measure, target, parts, active, created_at_us";
/// What `measure` says of a rule with several needs.
const COMBINATION: &str = "combination";

/// A rule with what only people read.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    pub rule: Rule,
    pub description: String,
    /// Only active rules count.
    pub active: bool,
    /// Microseconds since 1970 UTC; 0 for those that were there from the start.
    pub created_at_us: i64,
}

/// A part of a combination in its column.
#[derive(Deserialize, Serialize)]
struct Part {
    measure: String,
    target: f64,
}

/// The rules that count, by id.
pub async fn active(work: &mut Work) -> Result<Vec<Rule>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM rules WHERE active = 1 ORDER BY rule_id");
    let found = work.rows(&sql, params![]).await?;
    found.iter().map(|row| Ok(read(row)?.rule)).collect()
}

/// Keeps everybody from adding a rule or a person until this commits.
pub async fn lock_book(work: &mut Work) -> Result<(), StoreError> {
    let sql = format!("SELECT id FROM rulebook WHERE id = 1{}", work.for_update());
    work.rows(&sql, params![]).await.map(|_| ())
}

/// The rule of this id, held until the commit.
pub async fn lock(work: &mut Work, rule_id: &str) -> Result<Option<Record>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM rules WHERE rule_id = $1{}", work.for_update());
    work.row(&sql, params![rule_id]).await?.as_ref().map(read).transpose()
}

/// Adds a rule; a second one of its id is a conflict.
pub async fn add(work: &mut Work, record: &Record) -> Result<(), StoreError> {
    let rule = &record.rule;
    let (measure, parts) = match &rule.needs {
        Needs::One(need) => (need.measure.as_str(), Vec::new()),
        Needs::All(parts) => {
            (COMBINATION, parts.iter().map(|it| Part { measure: it.measure.as_str().into(), target: it.target }).collect())
        }
    };
    let parts = serde_json::to_string(&parts).map_err(|error| StoreError::Refused(error.to_string()))?;
    let params = params![
        &rule.id,
        &rule.name,
        &rule.icon,
        &record.description,
        measure,
        rule.needs.target(),
        parts,
        record.active,
        record.created_at_us,
    ];
    let sql = format!("INSERT INTO rules ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)");
    work.execute(&sql, params).await.map(|_| ())
}

/// It counts no more.
pub async fn retire(work: &mut Work, rule_id: &str) -> Result<(), StoreError> {
    work.execute("UPDATE rules SET active = 0 WHERE rule_id = $1", params![rule_id]).await.map(|_| ())
}

/// Rules behind `after`, by id.
pub async fn list(store: &Store, after: &str, inactive_too: bool, most: usize) -> Result<Vec<Record>, StoreError> {
    let which = if inactive_too { "" } else { "active = 1 AND " };
    let sql = format!("SELECT {COLUMNS} FROM rules WHERE {which}rule_id > $1 ORDER BY rule_id LIMIT $2");
    store.rows(&sql, params![after, most as u64]).await?.iter().map(read).collect()
}

fn read(row: &Row) -> Result<Record, StoreError> {
    let id: String = row.get("rule_id")?;
    let fault = |what: &dyn std::fmt::Display| StoreError::Refused(format!("rule {id}: {what}"));
    let need = |measure: &str, target: f64| {
        let measure = Measure::from_name(measure).ok_or_else(|| fault(&format!("unknown measure {measure}")))?;
        Need::new(measure, target).map_err(|error| fault(&error))
    };
    let measure: String = row.get("measure")?;
    let needs = if measure == COMBINATION {
        let parts: Vec<Part> = serde_json::from_str(&row.get::<String>("parts")?).map_err(|error| fault(&error))?;
        let parts = parts.iter().map(|part| need(&part.measure, part.target)).collect::<Result<_, _>>()?;
        Needs::all(parts).map_err(|error| fault(&error))?
    } else {
        Needs::One(need(&measure, row.get("target")?)?)
    };
    Ok(Record {
        rule: Rule { name: row.get("name")?, icon: row.get("icon")?, needs, id: id.clone() },
        description: row.get("description")?,
        active: row.get("active")?,
        created_at_us: row.get("created_at_us")?,
    })
}
