//! One connection to either database, and the statements it runs.

use std::sync::{Mutex, PoisonError};

use sqlx::{AssertSqlSafe, Executor as _};

use crate::connections::Held;
use crate::value::{Params, Row, for_postgres};
use crate::{StoreError, direct};

/// Which SQL is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// SQLite: one writer, one process per file.
    Sqlite,
    /// Postgres: several processes.
    Postgres,
}

pub(crate) enum Conn {
    /// Never locked: it only makes the connection `Sync`, for closures that hold a `&Work` while they wait.
    Sqlite(Mutex<rusqlite::Connection>),
    Postgres(Held),
}

fn alone(conn: &mut Mutex<rusqlite::Connection>) -> &mut rusqlite::Connection {
    conn.get_mut().unwrap_or_else(PoisonError::into_inner)
}

impl Conn {
    pub(crate) fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite(_) => Dialect::Sqlite,
            Self::Postgres(_) => Dialect::Postgres,
        }
    }

    pub(crate) fn sqlite(&mut self) -> Option<&mut rusqlite::Connection> {
        match self {
            Self::Sqlite(conn) => Some(alone(conn)),
            Self::Postgres(_) => None,
        }
    }

    pub(crate) fn postgres(&mut self) -> Option<&mut sqlx::PgConnection> {
        match self {
            Self::Sqlite(_) => None,
            Self::Postgres(conn) => Some(conn),
        }
    }

    /// Runs a statement without parameters: BEGIN and the like.
    pub(crate) async fn control(&mut self, sql: &'static str) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(conn) => direct::control(alone(conn), sql)?,
            Self::Postgres(conn) => conn.execute(sqlx::raw_sql(sql)).await.map(|_| ())?,
        }
        Ok(())
    }

    // The callers hand over text of this program only; values travel as parameters.
    pub(crate) async fn execute(&mut self, sql: &str, params: Params) -> Result<u64, StoreError> {
        match self {
            Self::Sqlite(conn) => direct::execute(alone(conn), sql, params),
            Self::Postgres(conn) => {
                let query = sqlx::query_with(AssertSqlSafe(sql), for_postgres(params)?);
                Ok(conn.execute(query).await?.rows_affected())
            }
        }
    }

    pub(crate) async fn rows(&mut self, sql: &str, params: Params) -> Result<Vec<Row>, StoreError> {
        match self {
            Self::Sqlite(conn) => direct::rows(alone(conn), sql, params),
            Self::Postgres(conn) => {
                let query = sqlx::query_with(AssertSqlSafe(sql), for_postgres(params)?);
                Ok(conn.fetch_all(query).await?.into_iter().map(Row::Postgres).collect())
            }
        }
    }
}
