//! Rows just committed, handed to the relay in memory: reading them back costs a third of the rate (measured).

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::futures::OwnedNotified;
use tokio::sync::{Notify, mpsc};

use crate::fault::Faults;
use crate::log::LogRow;
use crate::work::Work;

/// How many commits may wait for the relay; more, and it reads them from the store.
const HELD: usize = 1024;

/// The writers' end.
#[derive(Clone)]
pub(crate) struct Committed {
    rows: mpsc::Sender<Vec<LogRow>>,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    missed: AtomicBool,
    commits: AtomicU64,
    statements: AtomicU64,
    wake: Notify,
    poked: Mutex<HashMap<String, Arc<Notify>>>,
    faults: Faults,
}

impl Shared {
    fn poked(&self, name: &str) -> Arc<Notify> {
        self.poked.lock().unwrap_or_else(PoisonError::into_inner).entry(name.to_owned()).or_default().clone()
    }
}

/// The relay's end; there is one per store.
pub struct Fresh {
    rows: tokio::sync::Mutex<mpsc::Receiver<Vec<LogRow>>>,
    shared: Arc<Shared>,
}

pub(crate) fn channel() -> (Committed, Fresh) {
    let (rows, receiver) = mpsc::channel(HELD);
    let shared = Arc::new(Shared::default());
    (Committed { rows, shared: shared.clone() }, Fresh { rows: tokio::sync::Mutex::new(receiver), shared })
}

impl Committed {
    pub(crate) fn faults(&self) -> &Faults {
        &self.shared.faults
    }

    /// The transaction of `work` is on disk.
    pub(crate) fn committed(&self, work: &mut Work) {
        self.shared.commits.fetch_add(1, Ordering::Relaxed);
        self.shared.statements.fetch_add(work.take_statements(), Ordering::Relaxed);
        for name in work.take_pokes() {
            self.shared.poked(&name).notify_waiters();
        }
        let rows = work.take_appended();
        if rows.is_empty() {
            return;
        }
        if self.rows.try_send(rows).is_err() {
            self.shared.missed.store(true, Ordering::Release);
        }
        self.shared.wake.notify_one();
    }
}

impl Fresh {
    /// Waits for a commit; answers what was committed since, `max_commits` commits at most; sometimes nothing.
    ///
    /// On SQLite that is commit order. On Postgres transactions commit beside each other and may be handed over the other way round,
    /// also two of one key: there it saves reading a row back, but the outbox says what comes next.
    pub async fn next(&self, max_commits: usize) -> Vec<LogRow> {
        let mut receiver = self.rows.lock().await;
        let mut commits = Vec::new();
        tokio::select! {
            _ = receiver.recv_many(&mut commits, max_commits) => {}
            () = self.shared.wake.notified() => {
                while commits.len() < max_commits {
                    match receiver.try_recv() {
                        Ok(rows) => commits.push(rows),
                        Err(_) => break,
                    }
                }
            }
        }
        commits.into_iter().flatten().collect()
    }

    pub(crate) fn faults(&self) -> &Faults {
        &self.shared.faults
    }

    pub(crate) fn poked(&self, name: &str) -> OwnedNotified {
        self.shared.poked(name).notified_owned()
    }

    /// Whether rows were committed that were not handed over; asking forgets it. Ask after [`next`](Self::next): what it answered may
    /// stand behind the hole.
    pub fn missed_some(&self) -> bool {
        self.shared.missed.swap(false, Ordering::AcqRel)
    }

    pub(crate) fn commits(&self) -> u64 {
        self.shared.commits.load(Ordering::Relaxed)
    }

    pub(crate) fn statements(&self) -> u64 {
        self.shared.statements.load(Ordering::Relaxed)
    }
}
