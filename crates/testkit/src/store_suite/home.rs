//! Where a fact's store lives: a folder or a database of its own, gone with the fact.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use store::{Clock, Migration, Place, Store, StoreError};
use tempfile::TempDir;

use crate::postgres::{TestDatabase, test_database};
use crate::store_suite::notes::NOTES;

/// A place for stores that nobody else uses.
pub struct Home {
    place: Place,
    _keep: Keep,
}

enum Keep {
    Folder { _folder: TempDir },
    Database { _database: Box<TestDatabase> },
    Nothing,
}

/// A folder.
pub async fn sqlite() -> Option<Home> {
    let folder = tempfile::tempdir().unwrap();
    Some(Home { place: Place::Sqlite { folder: folder.path().to_owned() }, _keep: Keep::Folder { _folder: folder } })
}

/// A database in the cluster of the tests; `None` when there is no cluster.
pub async fn postgres() -> Option<Home> {
    let database = test_database().await?;
    let place = Place::Postgres { url: database.url(), prefix: "fact_".to_owned() };
    Some(Home { place, _keep: Keep::Database { _database: Box::new(database) } })
}

impl Home {
    /// The place itself.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// The suite's store, by the machine's clock.
    pub(super) async fn open(&self) -> Store {
        self.try_open(NOTES, Clock::system()).await.unwrap()
    }

    pub(super) async fn open_at(&self, clock: &Hands) -> Store {
        self.try_open(NOTES, clock.clock()).await.unwrap()
    }

    pub(super) async fn try_open(&self, migrations: &[Migration], clock: Clock) -> Result<Store, StoreError> {
        Store::open(&self.place, "notes", migrations, clock).await
    }

    /// What another process would find if this one were killed now: a copy of the files; on Postgres the same schema.
    pub(super) fn as_a_kill_would_leave_it(&self) -> Home {
        let Place::Sqlite { folder } = &self.place else { return Home { place: self.place.clone(), _keep: Keep::Nothing } };
        let copy = tempfile::tempdir().unwrap();
        for name in ["notes.db", "notes.db-wal"] {
            std::fs::copy(folder.join(name), copy.path().join(name)).unwrap();
        }
        Home { place: Place::Sqlite { folder: copy.path().to_owned() }, _keep: Keep::Folder { _folder: copy } }
    }
}

/// A clock that a fact sets, microseconds.
#[derive(Clone, Default)]
pub(super) struct Hands(Arc<AtomicI64>);

impl Hands {
    pub(super) fn at(now_us: i64) -> Self {
        Self(Arc::new(AtomicI64::new(now_us)))
    }

    pub(super) fn set(&self, now_us: i64) {
        self.0.store(now_us, Ordering::SeqCst);
    }

    fn clock(&self) -> Clock {
        let now = self.0.clone();
        Clock::from_fn(move || now.load(Ordering::SeqCst))
    }
}
