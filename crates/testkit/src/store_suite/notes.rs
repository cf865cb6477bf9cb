//! What the facts write: rows of one small table, and one kind of event.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use catalogue::Kind;
use messaging::{Cause, Envelope, PROTOBUF};
use store::{Migration, Numbering, Store, StoreError, Work, leases, params};
use telemetry::TraceContext;
use tokio::sync::oneshot;

pub(super) use crate::sample::notes::v1::Noted;

/// The suite's own table.
pub(super) const NOTES: &[Migration] = &[Migration { version: 1, name: "notes", sql: "CREATE TABLE notes (id TEXT PRIMARY KEY)" }];

/// How long the lease of the suite's relay lasts, µs.
const LASTS_US: i64 = 60_000_000;

/// The stream of [`Noted`].
pub(super) const STREAM: &str = "EVENTS_NOTE";

pub(super) fn noted(key: &str, text: impl ToString) -> Noted {
    Noted { key: key.to_owned(), text: text.to_string() }
}

/// What follows from the message `id`.
pub(super) fn because_of(id: &str) -> Cause {
    Cause { correlation_id: "talk".to_owned(), causation_id: id.to_owned(), actor: "suite".to_owned(), ..Cause::default() }
}

/// An envelope as the door would hand it over.
pub(super) fn envelope(kind: Kind, type_: &str, aggregate_type: &str, key: &str) -> Envelope {
    Envelope {
        id: String::new(),
        type_: type_.to_owned(),
        kind,
        source: String::new(),
        key: key.to_owned(),
        aggregate_type: aggregate_type.to_owned(),
        time_us: 0,
        schema: "sample.notes.v1.Noted".to_owned(),
        content_type: PROTOBUF.to_owned(),
        correlation_id: "talk".to_owned(),
        causation_id: String::new(),
        sequence: 0,
        position: 0,
        trace: TraceContext::default(),
        extensions: BTreeMap::new(),
        payload: Vec::new().into(),
    }
}

/// Writes a row; a second one of the same id is a conflict.
pub(super) async fn jot(work: &mut Work, id: &str) -> Result<(), StoreError> {
    work.execute("INSERT INTO notes (id) VALUES ($1)", params![id]).await.map(|_| ())
}

/// Does it again while it meets others in a conflict; answers what it comes to.
pub(super) async fn persist<T>(work: impl AsyncFn() -> Result<T, StoreError>) -> T {
    for _ in 0..1000 {
        match work().await {
            Ok(answer) => return answer,
            Err(error) => assert!(error.is_conflict(), "{error}"),
        }
    }
    panic!("nothing but conflicts");
}

/// The rows that are there.
pub(super) async fn jotted(store: &Store) -> Vec<String> {
    let rows = store.rows("SELECT id FROM notes ORDER BY id", params![]).await.unwrap();
    rows.iter().map(|row| row.get("id").unwrap()).collect()
}

/// A row and a message, committed.
pub(super) async fn accept(store: &Store, key: &str) -> Result<(), StoreError> {
    let key = key.to_owned();
    let write = store.write(move |work| {
        Box::pin(async move {
            jot(work, &key).await?;
            work.emit(&because_of(&key), &noted(&key, "accepted"));
            Ok(())
        })
    });
    write.await
}

/// Messages under these keys, one each, committed together.
pub(super) async fn emit(store: &Store, keys: &[&str]) -> Result<(), StoreError> {
    let keys: Vec<String> = keys.iter().map(|&key| key.to_owned()).collect();
    let write = store.write(move |work| {
        Box::pin(async move {
            for key in &keys {
                work.emit(&Cause::root("talk"), &noted(key, "emitted"));
            }
            Ok(())
        })
    });
    write.await
}

/// A message's id, key and version.
pub(super) type Logged = (String, String, u64);

/// The whole log in the order of appending.
pub(super) async fn logged(store: &Store) -> Vec<Logged> {
    let rows = store.rows("SELECT id, key, version FROM events ORDER BY seq", params![]).await.unwrap();
    rows.iter().map(|row| (row.get("id").unwrap(), row.get("key").unwrap(), row.get("version").unwrap())).collect()
}

/// The relay's part in numbering, until it is dropped.
pub(super) async fn lead(store: &Store) -> Numbering {
    let lease = store.write::<_, StoreError, _>(|work| Box::pin(async move { leases::acquire(work, "relay", "suite", LASTS_US).await }));
    let mut numbering = Numbering::begin(store, &lease.await.unwrap().expect("nobody else leads"), LASTS_US);
    numbering.round().await.unwrap();
    numbering
}

/// Numbers what waits.
pub(super) async fn number(store: &Store) {
    lead(store).await;
}

/// Work that is in the middle of its transaction until it is let go.
pub(super) struct Held {
    go_on: oneshot::Sender<()>,
    done: tokio::task::JoinHandle<Result<(), StoreError>>,
}

impl Held {
    /// Answers when the work has begun and has written `id`.
    pub(super) async fn begin(store: &Store, id: &str) -> Self {
        let (store, id) = (store.clone(), id.to_owned());
        let (begun, has_begun) = oneshot::channel();
        let (go_on, gate) = oneshot::channel::<()>();
        let done = tokio::spawn(async move {
            let work = store.write(move |work| {
                Box::pin(async move {
                    jot(work, &id).await?;
                    begun.send(()).unwrap();
                    gate.await.unwrap();
                    work.emit(&because_of(&id), &noted(&id, "held"));
                    Ok(())
                })
            });
            work.await
        });
        has_begun.await.unwrap();
        Self { go_on, done }
    }

    pub(super) async fn finish(self) -> Result<(), StoreError> {
        self.go_on.send(()).unwrap();
        self.done.await.unwrap()
    }

    /// The work fails, with what it wrote still open.
    pub(super) async fn fail(self) {
        drop(self.go_on);
        assert!(matches!(self.done.await.unwrap(), Err(StoreError::Refused(text)) if text.starts_with("panic")));
    }

    /// The caller leaves, then the work is let go.
    pub(super) async fn abandon(self) {
        self.done.abort();
        assert!(self.done.await.unwrap_err().is_cancelled());
        self.go_on.send(()).expect("the work still waits");
    }
}

/// Waits until it is so.
pub(super) async fn until(what: &str, is_so: impl AsyncFn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !is_so().await {
        assert!(Instant::now() < deadline, "not within 20 s: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
