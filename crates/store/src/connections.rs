//! Connections to Postgres: the one that was used last is used next, as long as nobody waits for one.
//!
//! The pool gives out the one that has waited longest, and asks the server about each that comes back. A consumer that commits batch after batch so went
//! round over several, each with a process and caches of its own in the server, and paid for a round trip more each time.

use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnection, PgPool};
use sqlx::{Connection as _, Postgres};

/// A connection that was not used for this long is tried before it is handed out: the server may have been restarted meanwhile.
pub(crate) const TRUSTED: Duration = Duration::from_secs(1);
/// How long it may take to answer then.
const PATIENCE: Duration = Duration::from_secs(5);
/// One that nobody needed for this long is closed.
const UNUSED: Duration = Duration::from_secs(60);
/// One that has been in use for this long is closed, as the pool does it.
const LIFETIME: Duration = Duration::from_secs(30 * 60);

#[derive(Clone)]
pub(crate) struct Connections {
    pool: PgPool,
    kept: Arc<Mutex<Kept>>,
}

#[derive(Default)]
struct Kept {
    /// Since when they are unused; the last is the youngest.
    idle: Vec<(Held, Instant)>,
    /// Who waits for the pool: what is given back belongs to them.
    waiting: usize,
    closed: bool,
}

impl Drop for Kept {
    /// Going back to the pool is a task's work, and there may be no runtime any more to run it. Nor is there a pool.
    fn drop(&mut self) {
        for (held, _) in self.idle.drain(..) {
            drop(held.conn.detach());
        }
    }
}

/// A connection in use. Dropped, it goes back to the pool, which looks into what state it is in.
pub(crate) struct Held {
    conn: PoolConnection<Postgres>,
    /// When the pool gave it out.
    since: Instant,
}

impl Held {
    pub(crate) async fn close(self) {
        let _ = self.conn.close().await;
    }

    /// The same beside the caller, and not for longer than the pool waits for that.
    fn retire(mut self) {
        self.conn.close_on_drop();
    }
}

impl Deref for Held {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.conn
    }
}

impl DerefMut for Held {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.conn
    }
}

/// Somebody who waits for the pool, also when it is given up.
struct Waiting<'a>(&'a Connections);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.kept().waiting -= 1;
    }
}

impl Connections {
    pub(crate) fn new(pool: PgPool) -> Self {
        Self { pool, kept: Arc::default() }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) async fn take(&self) -> Result<Held, sqlx::Error> {
        loop {
            let (mut held, unused) = match self.youngest() {
                Ok(youngest) => youngest,
                Err(_waiting) => return Ok(Held { conn: self.pool.acquire().await?, since: Instant::now() }),
            };
            if unused.elapsed() < TRUSTED || matches!(tokio::time::timeout(PATIENCE, held.ping()).await, Ok(Ok(()))) {
                return Ok(held);
            }
            // All others are older still.
            held.retire();
            let old = std::mem::take(&mut self.kept().idle);
            old.into_iter().for_each(|(held, _)| held.retire());
        }
    }

    /// The one that was used last and when that was, or a place among those who wait for the pool.
    fn youngest(&self) -> Result<(Held, Instant), Waiting<'_>> {
        let mut kept = self.kept();
        kept.idle.pop().ok_or_else(|| {
            kept.waiting += 1;
            Waiting(self)
        })
    }

    /// Gives one back that is in no transaction.
    pub(crate) fn give(&self, held: Held) {
        let now = Instant::now();
        if now.duration_since(held.since) >= LIFETIME {
            return held.retire();
        }
        let mut kept = self.kept();
        if kept.waiting > 0 || kept.closed {
            // To the pool.
            drop(kept);
            return drop(held);
        }
        kept.idle.push((held, now));
        let oldest = kept.idle.first().filter(|(_, unused)| now.duration_since(*unused) >= UNUSED).is_some().then(|| kept.idle.remove(0));
        drop(kept);
        if let Some((held, _)) = oldest {
            held.retire();
        }
    }

    /// Waits until all are back.
    pub(crate) async fn close(&self) {
        let idle = {
            let mut kept = self.kept();
            kept.closed = true;
            std::mem::take(&mut kept.idle)
        };
        drop(idle);
        self.pool.close().await;
    }
}
