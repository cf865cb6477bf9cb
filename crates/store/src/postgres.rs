//! Postgres: one transaction per unit of work on a pooled connection.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::FutureExt as _;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{ConnectOptions as _, Connection as _};

use crate::StoreError;
use crate::clock::Clock;
use crate::committed::Committed;
use crate::conn::Conn;
use crate::connections::{Connections, TRUSTED};
use crate::heads::Heads;
use crate::job::Job;
use crate::numbering;
use crate::versions::Versions;
use crate::work::Work;

const CONNECTIONS: u32 = 12;

pub(crate) fn options(url: &str, schema: &str) -> Result<PgConnectOptions, StoreError> {
    // Quoted names and unquoted ones differ in what they fold and cut off.
    let plain = schema.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-'));
    if schema.is_empty() || schema.len() > 63 || !plain {
        return Err(StoreError::Refused(format!("schema `{schema}`: at most 63 of a-z, 0-9, _ and -")));
    }
    let options: PgConnectOptions = url.parse().map_err(|error| StoreError::Unavailable(format!("postgres url: {error}")))?;
    Ok(options
        .application_name("ensue")
        .options([("search_path", schema), ("idle_in_transaction_session_timeout", "30s"), ("client_min_messages", "warning")])
        .statement_cache_capacity(256)
        .disable_statement_logging())
}

async fn pool(mut options: PgConnectOptions, schema: &str, versions: Versions) -> Result<PgPool, StoreError> {
    // Connect once directly: the pool's own time-out hides why.
    let mut first = options.connect().await.map_err(|error| StoreError::Unavailable(format!("postgres: {error}")))?;
    let sql = format!("CREATE SCHEMA IF NOT EXISTS \"{schema}\"");
    match sqlx::Executor::execute(&mut first, sqlx::raw_sql(sqlx::AssertSqlSafe(sql))).await.map_err(StoreError::from) {
        // IF NOT EXISTS does not help against another process that makes it at the same moment.
        Ok(_) | Err(StoreError::Conflict(_)) => {}
        Err(error) => return Err(error),
    }
    // What is answered must be on disk, also where an administrator thinks otherwise. The stronger settings are theirs to choose.
    let flushes: String = sqlx::query_scalar("SELECT current_setting('synchronous_commit')").fetch_one(&mut first).await?;
    if flushes == "off" {
        options = options.options([("synchronous_commit", "on")]);
    }
    let _ = first.close().await;
    Ok(PgPoolOptions::new()
        .max_connections(CONNECTIONS)
        .acquire_timeout(std::time::Duration::from_secs(5))
        .test_before_acquire(false)
        .after_connect(move |_, _| {
            versions.forget();
            Box::pin(async { Ok(()) })
        })
        .before_acquire(|conn, meta| {
            Box::pin(async move {
                if meta.idle_for >= TRUSTED {
                    conn.ping().await?;
                }
                Ok(true)
            })
        })
        .connect_with(options)
        .await?)
}

/// Runs units of work, each in a transaction on a connection of its own.
#[derive(Clone)]
pub(crate) struct Writer {
    pub(crate) connections: Connections,
    service: Arc<str>,
    clock: Clock,
    committed: Committed,
    versions: Versions,
}

impl Writer {
    pub(crate) async fn connect(
        url: &str,
        schema: &str,
        service: Arc<str>,
        clock: Clock,
        committed: Committed,
    ) -> Result<Self, StoreError> {
        let versions = Versions::default();
        let pool = pool(options(url, schema)?, schema, versions.clone()).await?;
        Ok(Self { connections: Connections::new(pool), service, clock, committed, versions })
    }

    /// Runs one caller's work to its end, whether or not the caller still waits.
    pub(crate) fn start(&self, mut job: Box<dyn Job>) {
        let writer = self.clone();
        tokio::spawn(async move {
            let result = writer.transaction(job.as_mut()).await;
            job.finish(result);
        });
    }

    async fn transaction(&self, job: &mut dyn Job) -> Result<(), StoreError> {
        let mut work = self.begin().await?;
        let ran = AssertUnwindSafe(job.run(&mut work)).catch_unwind().await;
        let ended = match ran {
            Ok(true) => self.commit(&mut work).await,
            _ => work.roll_back().await,
        };
        match (&ended, work.into_conn()) {
            (Ok(()), Some(Conn::Postgres(held))) => self.connections.give(held),
            // Its state is unknown: nobody may have it again.
            (Err(_), Some(Conn::Postgres(held))) => held.close().await,
            _ => {}
        }
        ended
    }

    async fn commit(&self, work: &mut Work) -> Result<(), StoreError> {
        let committed = &self.committed;
        let turn = numbering::place(work, committed).await?;
        committed.faults().point("store.before_commit").await;
        work.control("COMMIT").await?;
        if let Some(loan) = &work.loan {
            loan.give_back(work.appended());
        }
        committed.faults().point("store.after_commit").await;
        match turn {
            Some(mut turn) => {
                committed.faults().point("relay.after_number").await;
                turn.committed();
                committed.committed(work);
            }
            None => committed.waiting(work),
        }
        Ok(())
    }

    /// A restarted server is noticed at the next statement of each connection to the old one. Nothing has been done by then: take another.
    async fn begin(&self) -> Result<Work, StoreError> {
        let mut stale = 0;
        loop {
            let held = self.connections.take().await?;
            let mut work = Work::new(Conn::Postgres(held), self.service.clone(), self.clock.now_us(), Heads::default());
            work.loan = Some(self.versions.lend());
            let Err(error) = work.control("BEGIN").await else { return Ok(work) };
            if let Some(Conn::Postgres(held)) = work.into_conn() {
                held.close().await;
            }
            stale += 1;
            if stale > CONNECTIONS {
                return Err(error);
            }
        }
    }
}
