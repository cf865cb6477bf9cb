//! The `goals` table.

use store::{Params, Row, Store, StoreError, Work, params};

use super::Ask;
use crate::domain::{Goal, Kind, Period};

const COLUMNS: &str = "goal_id, user_id, kind, target, period, name, time_zone, created_at_us, abandoned";

/// Which goals are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    /// All.
    All,
    /// Those that may still be reached.
    Open,
    /// Those that were not given up.
    Kept,
    /// Those that were given up.
    Abandoned,
}

pub(crate) async fn get(ask: &mut impl Ask, user_id: &str, goal_id: &str) -> Result<Option<Goal>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM goals WHERE user_id = $1 AND goal_id = $2");
    ask.ask(&sql, params![user_id, goal_id]).await?.as_ref().map(read).transpose()
}

/// Those of a user that may still be reached.
pub(crate) async fn open(work: &mut Work, user_id: &str) -> Result<Vec<Goal>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM goals WHERE user_id = $1 AND is_open = 1 ORDER BY created_at_us, goal_id");
    work.rows(&sql, params![user_id]).await?.iter().map(read).collect()
}

/// At most `limit` of a user's, newest first, before one of this time and id.
pub(crate) async fn page(store: &Store, user_id: &str, which: Which, before: (i64, &str), limit: usize) -> Result<Vec<Goal>, StoreError> {
    let also = match which {
        Which::All => "",
        Which::Open => " AND is_open = 1",
        Which::Kept => " AND abandoned = 0",
        Which::Abandoned => " AND abandoned = 1",
    };
    let sql = format!(
        "SELECT {COLUMNS} FROM goals WHERE user_id = $1 AND (created_at_us, goal_id) < ($2, $3){also} \
         ORDER BY created_at_us DESC, goal_id DESC LIMIT $4"
    );
    store.rows(&sql, params![user_id, before.0, before.1, limit as u64]).await?.iter().map(read).collect()
}

pub(crate) async fn add(work: &mut Work, goal: &Goal) -> Result<(), StoreError> {
    let sql = format!("INSERT INTO goals ({COLUMNS}, is_open) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, 1)");
    let (kind, period) = (goal.kind.as_str(), goal.period.as_str());
    let Goal { goal_id, user_id, target, name, time_zone, created_at_us, .. } = goal;
    let params: Params = params![goal_id, user_id, kind, *target, period, name, time_zone, *created_at_us];
    work.execute(&sql, params).await.map(|_| ())
}

/// It can't be reached any more: it was, or (`abandoned`) it was given up.
pub(crate) async fn close(work: &mut Work, goal: &Goal, abandoned: bool) -> Result<(), StoreError> {
    let sql = "UPDATE goals SET is_open = 0, abandoned = $3 WHERE user_id = $1 AND goal_id = $2";
    work.execute(sql, params![&goal.user_id, &goal.goal_id, abandoned]).await.map(|_| ())
}

fn read(row: &Row) -> Result<Goal, StoreError> {
    let (kind, period): (String, String) = (row.get("kind")?, row.get("period")?);
    let unknown = |what: &str, name: &str| StoreError::Refused(format!("{what} {name} of a goal"));
    Ok(Goal {
        goal_id: row.get("goal_id")?,
        user_id: row.get("user_id")?,
        kind: Kind::ALL.into_iter().find(|it| it.as_str() == kind).ok_or_else(|| unknown("kind", &kind))?,
        target: row.get("target")?,
        period: Period::ALL.into_iter().find(|it| it.as_str() == period).ok_or_else(|| unknown("period", &period))?,
        name: row.get("name")?,
        time_zone: row.get("time_zone")?,
        created_at_us: row.get("created_at_us")?,
        abandoned: row.get("abandoned")?,
    })
}
