//! The provider's own ledger: JSON lines in a file that belongs to nobody else, on disk before anyone hears of them.
//!
//! One thread owns the file and takes whatever waits in one write and one fsync. It is outside the payment store on purpose, so that a
//! double charge, or one that we forgot, can be seen.

use std::fs::{File, TryLockError};
use std::io::{BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use tokio::sync::oneshot;

use super::book::{Book, Considered};
use super::{ProviderError, Receipt};
use crate::domain::Money;

/// The most entries that share one fsync.
const BATCH: usize = 256;

/// One line of the ledger.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Entry {
    /// The payment id of a charge, the refund id of a refund.
    pub idempotency_key: String,
    pub kind: EntryKind,
    pub minor_units: i64,
    /// ISO 4217.
    pub currency: String,
    /// The provider's own id.
    pub reference: String,
    /// For a refund: the key of the charge it belongs to; empty for a charge.
    #[serde(default)]
    pub charge_key: String,
    /// For a refund: the provider's id of that charge; empty for a charge.
    #[serde(default)]
    pub charge_reference: String,
    /// What the charge was paid with; empty for a refund.
    #[serde(default)]
    pub token: String,
    /// When it happened, microseconds since 1970 UTC.
    pub at_us: i64,
}

impl Entry {
    /// How much moved.
    pub fn amount(&self) -> Money {
        Money::new(self.minor_units, self.currency.clone())
    }
}

/// Which way the money went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    /// From the customer.
    Charge,
    /// To the customer.
    Refund,
}

impl EntryKind {
    /// Its name in the file and on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Charge => "charge",
            Self::Refund => "refund",
        }
    }
}

/// Why a ledger does not open.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    #[error("the provider's ledger {path}: {source}")]
    Io { path: String, source: std::io::Error },
    /// Another process has it.
    #[error("the provider's ledger {path} is in use by another process")]
    InUse { path: String },
    /// A line that is not the last cannot be read: somebody wrote into it.
    #[error("the provider's ledger {path}, line {line}: {source}")]
    Damaged { path: String, line: usize, source: serde_json::Error },
}

type Answer = Result<Receipt, ProviderError>;

struct Job {
    wanted: Entry,
    answer: oneshot::Sender<Answer>,
}

/// An open ledger. Dropping it writes what waits and closes the file.
pub struct Ledger {
    book: Arc<Mutex<Book>>,
    jobs: Option<Sender<Job>>,
    writer: Option<JoinHandle<()>>,
}

impl Ledger {
    /// Opens the ledger, or begins one. A torn last line, the trace of a kill in mid-write, is cut off: nobody heard of it.
    pub fn open(path: &Path) -> Result<Self, LedgerError> {
        let name = || path.display().to_string();
        let io = |source| LedgerError::Io { path: name(), source };
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(io)?;
        }
        let mut file = File::options().read(true).append(true).create(true).open(path).map_err(io)?;
        file.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => LedgerError::InUse { path: name() },
            TryLockError::Error(source) => io(source),
        })?;
        let book = Arc::new(Mutex::new(read(&mut file, &name())?));
        let (jobs, waiting) = channel();
        let shared = Arc::clone(&book);
        let writer =
            std::thread::Builder::new().name("provider-ledger".into()).spawn(move || write(file, &shared, &waiting)).map_err(io)?;
        Ok(Self { book, jobs: Some(jobs), writer: Some(writer) })
    }

    /// Enters a charge or refund, or finds it there already; answers when it is on disk. `reference` and `charge_reference` are given here.
    pub async fn enter(&self, wanted: Entry) -> Answer {
        let (answer, answered) = oneshot::channel();
        let gone = || ProviderError::Unavailable("the ledger is closed".into());
        self.jobs.as_ref().and_then(|jobs| jobs.send(Job { wanted, answer }).ok()).ok_or_else(gone)?;
        answered.await.map_err(|_| gone())?
    }

    /// What it says.
    pub fn book(&self) -> MutexGuard<'_, Book> {
        lock(&self.book)
    }
}

impl Drop for Ledger {
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
    }
}

fn lock(book: &Mutex<Book>) -> MutexGuard<'_, Book> {
    book.lock().unwrap_or_else(PoisonError::into_inner) // nothing panics while it holds the book
}

/// Reads all whole lines and cuts off what is after them.
fn read(file: &mut File, path: &str) -> Result<Book, LedgerError> {
    let io = |source| LedgerError::Io { path: path.to_owned(), source };
    let mut book = Book::default();
    let mut lines = BufReader::new(&*file);
    let (mut line, mut number, mut good) = (Vec::new(), 0, 0_u64);
    while lines.read_until(b'\n', &mut line).map_err(io)? > 0 && line.ends_with(b"\n") {
        number += 1;
        let entry = serde_json::from_slice(&line).map_err(|source| LedgerError::Damaged { path: path.to_owned(), line: number, source })?;
        book.enter(entry);
        good += line.len() as u64;
        line.clear();
    }
    book.stored();
    file.set_len(good).map_err(io)?;
    file.seek(SeekFrom::End(0)).map_err(io)?;
    Ok(book)
}

/// Takes what waits, writes it, syncs it, answers; until the ledger is dropped.
fn write(mut file: File, book: &Mutex<Book>, waiting: &Receiver<Job>) {
    let mut length = file.metadata().map(|metadata| metadata.len()).ok();
    while let Ok(first) = waiting.recv() {
        let jobs = std::iter::once(first).chain(waiting.try_iter().take(BATCH - 1));
        let (mut bytes, mut answers) = (Vec::new(), Vec::new());
        {
            let mut book = lock(book);
            for Job { wanted, answer } in jobs {
                let considered = book.consider(wanted).and_then(|considered| match considered {
                    Considered::There(entry) => Ok(entry),
                    Considered::New(entry) => {
                        serde_json::to_writer(&mut bytes, &entry).map_err(|error| ProviderError::Unavailable(error.to_string()))?;
                        bytes.push(b'\n');
                        book.enter(entry.clone());
                        Ok(entry)
                    }
                });
                answers.push((answer, considered.map(|entry| Receipt { reference: entry.reference })));
            }
        }
        let stored = match length {
            None => Err(ProviderError::Unavailable("the ledger's file is in an unknown state; restart".into())),
            Some(_) if bytes.is_empty() => Ok(()),
            Some(_) => {
                file.write_all(&bytes).and_then(|()| file.sync_data()).map_err(|error| ProviderError::Unavailable(error.to_string()))
            }
        };
        match &stored {
            Ok(()) => {
                lock(book).stored();
                length = length.map(|length| length + bytes.len() as u64);
            }
            Err(_) => {
                lock(book).strike();
                length = length.filter(|length| file.set_len(*length).is_ok());
            }
        }
        for (answer, considered) in answers {
            let _ = answer.send(stored.clone().and(considered)); // whoever asked may be gone
        }
    }
}
