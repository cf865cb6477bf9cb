//! Postgres: one transaction per unit of work on a pooled connection.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::FutureExt as _;
use sqlx::ConnectOptions as _;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};

use crate::StoreError;
use crate::clock::Clock;
use crate::committed::Committed;
use crate::conn::Conn;
use crate::heads::Heads;
use crate::job::Job;
use crate::work::Work;

const CONNECTIONS: u32 = 12;

pub(crate) fn options(url: &str, schema: &str) -> Result<PgConnectOptions, StoreError> {
    let options: PgConnectOptions = url.parse().map_err(|error| StoreError::Unavailable(format!("postgres url: {error}")))?;
    Ok(options
        .application_name("ensue")
        .options([("search_path", schema), ("idle_in_transaction_session_timeout", "30s"), ("client_min_messages", "warning")])
        .statement_cache_capacity(256)
        .disable_statement_logging())
}

pub(crate) async fn pool(options: PgConnectOptions, schema: &str) -> Result<PgPool, StoreError> {
    // Connect once directly: the pool's own time-out hides why.
    let mut first = options.connect().await.map_err(|error| StoreError::Unavailable(format!("postgres: {error}")))?;
    let sql = format!("CREATE SCHEMA IF NOT EXISTS \"{schema}\"");
    sqlx::Executor::execute(&mut first, sqlx::raw_sql(sqlx::AssertSqlSafe(sql))).await?;
    Ok(PgPoolOptions::new()
        .max_connections(CONNECTIONS)
        .acquire_timeout(std::time::Duration::from_secs(5))
        .test_before_acquire(false)
        .connect_with(options)
        .await?)
}

/// Runs one caller's work to its end, whether or not the caller still waits.
pub(crate) fn start(pool: PgPool, service: Arc<str>, clock: Clock, committed: Committed, mut job: Box<dyn Job>) {
    tokio::spawn(async move {
        let result = transaction(&pool, service, clock, &committed, job.as_mut()).await;
        job.finish(result);
    });
}

async fn transaction(pool: &PgPool, service: Arc<str>, clock: Clock, committed: &Committed, job: &mut dyn Job) -> Result<(), StoreError> {
    let conn = pool.acquire().await?;
    let mut work = Work::new(Conn::Postgres(conn), service, clock.now_us(), Heads::default());
    if let Err(error) = work.control("BEGIN").await {
        close(work).await;
        return Err(error);
    }
    let ran = AssertUnwindSafe(job.run(&mut work)).catch_unwind().await;
    let ended = match ran {
        Ok(true) => work.control("COMMIT").await,
        _ => work.control("ROLLBACK").await,
    };
    match ended {
        Ok(()) => {
            if matches!(ran, Ok(true)) {
                committed.hand_over(work.take_appended());
            }
            Ok(())
        }
        // Its state is unknown: it must not go back into the pool.
        Err(error) => {
            close(work).await;
            Err(error)
        }
    }
}

async fn close(work: Work) {
    if let Some(Conn::Postgres(conn)) = work.into_conn() {
        let _ = conn.close().await;
    }
}
