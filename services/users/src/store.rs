//! This service's tables.

pub(crate) mod achieved;
pub(crate) mod goals;
pub(crate) mod workouts;

use store::{Migration, Params, Row, Store, StoreError, Work, params};

/// Oldest first; an applied one is never edited.
pub(crate) const MIGRATIONS: &[Migration] = &[Migration { version: 1, name: "goals", sql: include_str!("../migrations/0001_goals.sql") }];

/// Where the same question is asked: inside a unit of work and beside it.
pub(crate) trait Ask: Send {
    /// The one row that matches, if there is one.
    fn ask(&mut self, sql: &str, params: Params) -> impl Future<Output = Result<Option<Row>, StoreError>> + Send;
}

impl Ask for Work {
    async fn ask(&mut self, sql: &str, params: Params) -> Result<Option<Row>, StoreError> {
        self.row(sql, params).await
    }
}

impl Ask for &Store {
    async fn ask(&mut self, sql: &str, params: Params) -> Result<Option<Row>, StoreError> {
        self.row(sql, params).await
    }
}

/// Until this work commits nobody else decides about this user's goals: a goal that is being set and a workout that is being counted
/// would not see one another.
pub(crate) async fn lock(work: &mut Work, user_id: &str) -> Result<(), StoreError> {
    let sql = "INSERT INTO desks (user_id) VALUES ($1) ON CONFLICT (user_id) DO UPDATE SET user_id = excluded.user_id";
    work.execute(sql, params![user_id]).await.map(|_| ())
}
