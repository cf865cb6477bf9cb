//! The `achieved` table: when which goal was reached in which period.

use store::{StoreError, Work, params};

use super::Ask;
use crate::domain::Goal;

/// What is known of a goal's achievements.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Achieved {
    /// Whether it was reached in the period that was asked for.
    pub(crate) in_period: bool,
    /// The last time it was reached, microseconds since 1970 UTC.
    pub(crate) last_us: Option<i64>,
}

/// Of a goal, in the period that begins on this day.
pub(crate) async fn get(ask: &mut impl Ask, goal: &Goal, period_start: &str) -> Result<Achieved, StoreError> {
    let sql = "SELECT MAX(achieved_at_us) AS last_us, COUNT(CASE WHEN period_start = $3 THEN 1 END) AS in_period \
               FROM achieved WHERE user_id = $1 AND goal_id = $2";
    let row = ask.ask(sql, params![&goal.user_id, &goal.goal_id, period_start]).await?;
    row.map_or(Ok(Achieved::default()), |row| Ok(Achieved { in_period: row.get("in_period")?, last_us: row.get("last_us")? }))
}

/// Now, in the period that begins on this day.
pub(crate) async fn add(work: &mut Work, goal: &Goal, period_start: &str) -> Result<(), StoreError> {
    let sql = "INSERT INTO achieved (user_id, goal_id, period_start, achieved_at_us) VALUES ($1, $2, $3, $4)";
    let now = work.now_us();
    work.execute(sql, params![&goal.user_id, &goal.goal_id, period_start, now]).await.map(|_| ())
}
