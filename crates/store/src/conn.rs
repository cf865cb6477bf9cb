//! One connection to either database, and the statements it runs.

use sqlx::pool::PoolConnection;
use sqlx::{AssertSqlSafe, Executor as _, Postgres, SqliteConnection};

use crate::StoreError;
use crate::value::{Params, Row, for_postgres, for_sqlite};

/// Which SQL is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// SQLite: one writer, one process per file.
    Sqlite,
    /// Postgres: several processes.
    Postgres,
}

pub(crate) enum Conn {
    // Boxed: it is moved in and out of units of work.
    Sqlite(Box<SqliteConnection>),
    Postgres(PoolConnection<Postgres>),
}

impl Conn {
    pub(crate) fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite(_) => Dialect::Sqlite,
            Self::Postgres(_) => Dialect::Postgres,
        }
    }

    /// Runs a statement without parameters and without preparing it: BEGIN and the like.
    pub(crate) async fn control(&mut self, sql: &'static str) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(conn) => conn.execute(sqlx::raw_sql(sql)).await.map(|_| ())?,
            Self::Postgres(conn) => conn.execute(sqlx::raw_sql(sql)).await.map(|_| ())?,
        }
        Ok(())
    }

    // The callers hand over text of this program only; values travel as parameters.
    pub(crate) async fn execute(&mut self, sql: &str, params: Params) -> Result<u64, StoreError> {
        Ok(match self {
            Self::Sqlite(conn) => {
                let query = sqlx::query_with(AssertSqlSafe(sql), for_sqlite(params)?);
                conn.execute(query).await?.rows_affected()
            }
            Self::Postgres(conn) => {
                let query = sqlx::query_with(AssertSqlSafe(sql), for_postgres(params)?);
                conn.execute(query).await?.rows_affected()
            }
        })
    }

    pub(crate) async fn rows(&mut self, sql: &str, params: Params) -> Result<Vec<Row>, StoreError> {
        Ok(match self {
            Self::Sqlite(conn) => {
                let query = sqlx::query_with(AssertSqlSafe(sql), for_sqlite(params)?);
                conn.fetch_all(query).await?.into_iter().map(Row::Sqlite).collect()
            }
            Self::Postgres(conn) => {
                let query = sqlx::query_with(AssertSqlSafe(sql), for_postgres(params)?);
                conn.fetch_all(query).await?.into_iter().map(Row::Postgres).collect()
            }
        })
    }
}
