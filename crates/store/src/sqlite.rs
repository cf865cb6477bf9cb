//! The SQLite writer: one thread, one connection, callers who wait are committed together.

use std::fs::File;
use std::path::Path;
use std::sync::{Arc, Mutex};

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _};
use tokio::runtime::Handle;
use tokio::sync::{Notify, mpsc, oneshot, watch};

use crate::clock::Clock;
use crate::committed::Committed;
use crate::conn::Conn;
use crate::fault::Faults;
use crate::heads::Heads;
use crate::job::Job;
use crate::migrate::{self, Migration};
use crate::work::Work;
use crate::{StoreError, direct};

/// How many callers one commit takes along at most.
const TOGETHER: usize = 256;
/// How many callers may wait before the next one has to wait for a place.
const QUEUE: usize = 4096;

/// Makes the file if it is not there, brings its tables to the newest form, and opens it for the writer.
pub(crate) async fn open(path: &Path, migrations: &[Migration]) -> Result<rusqlite::Connection, StoreError> {
    let unavailable = |error: &dyn std::fmt::Display| StoreError::Unavailable(format!("{}: {error}", path.display()));
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(direct::PATIENCE)
        .disable_statement_logging();
    let mut conn = options.connect().await.map_err(|error| unavailable(&error))?;
    migrate::sqlite(&mut conn, migrations).await?;
    conn.close().await?;
    direct::writer(path).map_err(|error| unavailable(&error))
}

/// The way to the writer's thread. It ends when this is dropped, or closed, and what was sent before is done.
pub(crate) struct Writer {
    jobs: mpsc::Sender<Box<dyn Job>>,
    closing: Arc<Notify>,
    ended: watch::Receiver<()>,
}

impl Writer {
    /// Starts the thread; it keeps the file's `lock` until it has done its last work. It ends with the runtime, too, what it has open undone.
    pub(crate) fn start(
        conn: rusqlite::Connection,
        lock: File,
        service: Arc<str>,
        clock: Clock,
        committed: Committed,
    ) -> Result<Self, StoreError> {
        let (jobs, queue) = mpsc::channel(QUEUE);
        let (alive, ended) = watch::channel(());
        let closing = Arc::new(Notify::new());
        let (told, runtime, name) = (closing.clone(), Handle::current(), format!("store-{service}"));
        let (running, stopped) = oneshot::channel::<()>();
        let write = async move {
            tokio::select! {
                biased;
                _ = stopped => {}
                conn = run(Conn::Sqlite(Mutex::new(conn)), service, clock, committed, queue, &told) => drop(conn),
            }
        };
        let thread = std::thread::Builder::new().name(name).spawn(move || {
            runtime.block_on(write);
            drop((lock, alive));
        });
        thread.map_err(|error| StoreError::Unavailable(format!("a thread for the store: {error}")))?;
        let mut end = ended.clone();
        tokio::spawn(async move {
            let _ = end.changed().await;
            drop(running);
        });
        Ok(Self { jobs, closing, ended })
    }

    /// Puts a job at the queue's end; gives it back when the writer has ended.
    pub(crate) async fn send(&self, job: Box<dyn Job>) -> Result<(), mpsc::error::SendError<Box<dyn Job>>> {
        self.jobs.send(job).await
    }

    /// Takes no more, and waits until all that was taken is done and the file is free.
    pub(crate) async fn close(&self) {
        self.closing.notify_one();
        // Nothing is ever sent: this ends when the thread does.
        let _ = self.ended.clone().changed().await;
    }
}

async fn run(
    conn: Conn,
    service: Arc<str>,
    clock: Clock,
    committed: Committed,
    mut queue: mpsc::Receiver<Box<dyn Job>>,
    closing: &Notify,
) -> Option<Conn> {
    let mut conn = Some(conn);
    let mut heads = Heads::default();
    let mut jobs: Vec<Box<dyn Job>> = Vec::new();
    loop {
        let taken = tokio::select! {
            taken = queue.recv_many(&mut jobs, TOGETHER) => taken,
            () = closing.notified() => {
                queue.close();
                continue;
            }
        };
        if taken == 0 {
            return conn;
        }
        let mut work = Work::new(conn.take()?, service.clone(), clock.now_us(), std::mem::take(&mut heads));
        let result = transaction(&mut work, &mut jobs, &mut queue, &clock, committed.faults()).await;
        committed.faults().point("store.after_commit").await;
        match result {
            Ok(Ended::Committed) => committed.committed(&mut work),
            Ok(Ended::NothingKept) => {}
            Err(_) => {
                work.heads.forget();
                // The transaction may still be open after a failed commit.
                let _ = work.roll_back().await;
            }
        }
        heads = std::mem::take(&mut work.heads);
        conn = work.into_conn();
        let answer = result.map(|_| ()).map_err(for_all);
        for job in jobs.drain(..) {
            job.finish(answer.clone());
        }
    }
}

enum Ended {
    Committed,
    NothingKept,
}

/// Runs the jobs, and those that come meanwhile: each of them would wait for a commit of its own otherwise.
async fn transaction(
    work: &mut Work,
    jobs: &mut Vec<Box<dyn Job>>,
    queue: &mut mpsc::Receiver<Box<dyn Job>>,
    clock: &Clock,
    faults: &Faults,
) -> Result<Ended, StoreError> {
    work.control("BEGIN IMMEDIATE").await?;
    let (mut ran, mut any) = (0, false);
    while ran < jobs.len() {
        let shared = jobs.len() > 1;
        for job in &mut jobs[ran..] {
            work.begin_job(shared, clock.now_us());
            let appended = work.appended().len();
            if job.run(work).await {
                work.keep_job().await?;
                any = true;
            } else if shared {
                work.undo_job(appended).await?;
            }
        }
        ran = jobs.len();
        // What one did alone and in vain can only be taken back with all.
        while (any || shared)
            && jobs.len() < TOGETHER
            && let Ok(job) = queue.try_recv()
        {
            jobs.push(job);
        }
    }
    if any {
        faults.point("store.before_commit").await;
        work.control("COMMIT").await?;
        Ok(Ended::Committed)
    } else {
        work.heads.forget();
        work.roll_back().await?;
        Ok(Ended::NothingKept)
    }
}

/// A shared transaction that fails is nobody's fault in it.
fn for_all(error: StoreError) -> StoreError {
    match error {
        StoreError::Unavailable(error) => StoreError::Unavailable(error),
        other => StoreError::Unavailable(other.to_string()),
    }
}
