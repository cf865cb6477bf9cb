//! The SQLite writer: one task, one connection, callers who wait are committed together.

use std::path::Path;
use std::sync::Arc;

use futures::future::BoxFuture;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions as _, SqliteConnection};
use tokio::sync::mpsc;

use crate::StoreError;
use crate::clock::Clock;
use crate::committed::Committed;
use crate::conn::Conn;
use crate::heads::Heads;
use crate::job::Job;
use crate::work::Work;

/// How many callers one commit takes along at most.
const TOGETHER: usize = 256;
/// How many callers may wait before the next one has to wait for a place.
const QUEUE: usize = 4096;
const READERS: u32 = 4;

pub(crate) fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(std::time::Duration::from_secs(5))
        // The default of 2 MB makes every batch of a grown log read pages again.
        .pragma("cache_size", "-32768")
        .statement_cache_capacity(256)
        .disable_statement_logging()
}

pub(crate) async fn connect(path: &Path) -> Result<SqliteConnection, StoreError> {
    options(path).connect().await.map_err(|error| StoreError::Unavailable(format!("{}: {error}", path.display())))
}

pub(crate) fn readers(path: &Path) -> SqlitePool {
    let options = options(path).read_only(true).create_if_missing(false).pragma("cache_size", "-2048");
    SqlitePoolOptions::new().max_connections(READERS).min_connections(0).connect_lazy_with(options)
}

pub(crate) fn start(conn: SqliteConnection, service: Arc<str>, clock: Clock, committed: Committed) -> mpsc::Sender<Box<dyn Job>> {
    let (sender, receiver) = mpsc::channel(QUEUE);
    tokio::spawn(run(Some(Conn::Sqlite(Box::new(conn))), service, clock, committed, receiver));
    sender
}

async fn run(mut conn: Option<Conn>, service: Arc<str>, clock: Clock, committed: Committed, mut queue: mpsc::Receiver<Box<dyn Job>>) {
    let mut heads = Heads::default();
    let mut jobs: Vec<Box<dyn Job>> = Vec::new();
    while queue.recv_many(&mut jobs, TOGETHER).await > 0 {
        let Some(open) = conn.take() else { return };
        let mut work = Work::new(open, service.clone(), clock.now_us(), std::mem::take(&mut heads));
        let result = transaction(&mut work, &mut jobs, &clock).await;
        if result.is_ok() {
            committed.hand_over(work.take_appended());
        } else {
            work.heads.forget();
            // The transaction may still be open after a failed commit.
            let _ = work.control("ROLLBACK").await;
        }
        heads = std::mem::take(&mut work.heads);
        conn = work.into_conn();
        for job in jobs.drain(..) {
            job.finish(result.clone());
        }
    }
}

async fn transaction(work: &mut Work, jobs: &mut [Box<dyn Job>], clock: &Clock) -> Result<(), StoreError> {
    work.control("BEGIN IMMEDIATE").await?;
    let shared = jobs.len() > 1;
    let mut any = false;
    for job in jobs.iter_mut() {
        work.begin_job(shared, clock.now_us());
        let appended = work.appended();
        let kept = run_job(job.as_mut(), work).await;
        if kept {
            work.keep_job().await?;
            any = true;
        } else if shared {
            work.undo_job(appended).await?;
        }
    }
    if any {
        work.control("COMMIT").await
    } else {
        work.take_appended();
        work.heads.forget();
        work.control("ROLLBACK").await
    }
}

fn run_job<'a>(job: &'a mut dyn Job, work: &'a mut Work) -> BoxFuture<'a, bool> {
    job.run(work)
}
