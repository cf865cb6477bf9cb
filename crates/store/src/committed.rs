//! Rows just committed, handed to the relay in memory: reading them back costs a third of the rate (measured).

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::futures::OwnedNotified;
use tokio::sync::{Notify, mpsc};

use crate::fault::Faults;
use crate::log::LogRow;
use crate::numbering::Numbers;
use crate::work::Work;

/// How many commits may wait for the relay; more, and it reads them from the store.
const HELD: usize = 1024;
/// How many rows may wait in memory to be numbered; more are read when they are.
const UNNUMBERED: usize = 8192;

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
    /// While the relay of this process leads, on Postgres.
    numbers: Mutex<Option<Arc<tokio::sync::Mutex<Numbers>>>>,
    unnumbered: Mutex<Vec<LogRow>>,
    faults: Faults,
}

impl Shared {
    fn poked(&self, name: &str) -> Arc<Notify> {
        lock(&self.poked).entry(name.to_owned()).or_default().clone()
    }

    fn hand(&self, to: &mpsc::Sender<Vec<LogRow>>, rows: Vec<LogRow>) {
        if rows.is_empty() {
            return;
        }
        if to.try_send(rows).is_err() {
            self.missed.store(true, Ordering::Release);
        }
        self.wake.notify_one();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The relay's end; there is one per store.
pub struct Fresh {
    rows: tokio::sync::Mutex<mpsc::Receiver<Vec<LogRow>>>,
    numbered: mpsc::Sender<Vec<LogRow>>,
    shared: Arc<Shared>,
}

pub(crate) fn channel() -> (Committed, Fresh) {
    let (rows, receiver) = mpsc::channel(HELD);
    let shared = Arc::new(Shared::default());
    let fresh = Fresh { rows: tokio::sync::Mutex::new(receiver), numbered: rows.clone(), shared: shared.clone() };
    (Committed { rows, shared }, fresh)
}

impl Committed {
    pub(crate) fn faults(&self) -> &Faults {
        &self.shared.faults
    }

    pub(crate) fn numbers(&self) -> Option<Arc<tokio::sync::Mutex<Numbers>>> {
        lock(&self.shared.numbers).clone()
    }

    /// The transaction of `work` is on disk, and what it appended is numbered.
    pub(crate) fn committed(&self, work: &mut Work) {
        self.note(work);
        self.shared.hand(&self.rows, work.take_appended());
    }

    /// The transaction of `work` is on disk, and what it appended is in the outbox.
    pub(crate) fn waiting(&self, work: &mut Work) {
        self.note(work);
        let rows = work.take_appended();
        // Who does not lead keeps nothing: whoever does reads it.
        if rows.is_empty() || lock(&self.shared.numbers).is_none() {
            return;
        }
        let mut unnumbered = lock(&self.shared.unnumbered);
        if unnumbered.len() < UNNUMBERED {
            unnumbered.extend(rows);
        }
        self.shared.wake.notify_one();
    }

    fn note(&self, work: &mut Work) {
        self.shared.commits.fetch_add(1, Ordering::Relaxed);
        self.shared.statements.fetch_add(work.take_statements(), Ordering::Relaxed);
        for name in work.take_pokes() {
            self.shared.poked(&name).notify_waiters();
        }
    }
}

impl Fresh {
    /// Waits for a commit; answers what was committed and numbered since, in the order of publishing, `max_commits` commits at most;
    /// nothing when what was committed is to be numbered first ([`Numbering::round`](crate::Numbering::round)).
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

    pub(crate) fn number_with(&self, numbers: Option<Arc<tokio::sync::Mutex<Numbers>>>) {
        *lock(&self.shared.numbers) = numbers;
        lock(&self.shared.unnumbered).clear();
    }

    pub(crate) fn take_unnumbered(&self) -> Vec<LogRow> {
        std::mem::take(&mut lock(&self.shared.unnumbered))
    }

    /// Whether something was committed here that waits for a round.
    pub fn unnumbered(&self) -> bool {
        !lock(&self.shared.unnumbered).is_empty()
    }

    pub(crate) fn hand(&self, rows: Vec<LogRow>) {
        self.shared.hand(&self.numbered, rows);
    }

    /// Something was numbered that is not handed over.
    pub(crate) fn miss(&self) {
        self.shared.missed.store(true, Ordering::Release);
        self.shared.wake.notify_one();
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
