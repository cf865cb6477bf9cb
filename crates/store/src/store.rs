//! A service's store: opened once, written through units of work, read through a pool.

use std::path::PathBuf;
use std::sync::Arc;

use futures::future::BoxFuture;
use sqlx::AssertSqlSafe;

use crate::clock::Clock;
use crate::committed::{self, Fresh};
use crate::conn::Dialect;
use crate::file_lock;
use crate::job::Caller;
use crate::migrate::{self, Migration};
use crate::readers::Readers;
use crate::value::{Params, Row, for_postgres};
use crate::work::Work;
use crate::{StoreError, postgres, sqlite};

/// Which database a service's store is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A file of its own in this folder, `<service>.db`.
    Sqlite {
        /// The folder; made if it is not there.
        folder: PathBuf,
    },
    /// A schema of its own, named like the service, behind `prefix`.
    Postgres {
        /// `postgres://user:password@host:port/database`
        url: String,
        /// Put before the schema's name; tests use it to stay apart.
        prefix: String,
    },
}

/// A service's store. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    service: Arc<str>,
    clock: Clock,
    backend: Backend,
    fresh: Fresh,
}

enum Backend {
    Sqlite { writer: sqlite::Writer, readers: Readers },
    Postgres(postgres::Writer),
}

impl Store {
    /// Opens the store of `service` and brings its tables to the newest form.
    pub async fn open(place: &Place, service: &str, migrations: &[Migration], clock: Clock) -> Result<Self, StoreError> {
        let name: Arc<str> = service.into();
        let (committed, fresh) = committed::channel();
        let backend = match place {
            Place::Sqlite { folder } => {
                let path = folder.join(format!("{service}.db"));
                let lock = file_lock::take(&path).await?;
                let conn = sqlite::open(&path, migrations).await?;
                let writer = sqlite::Writer::start(conn, lock, name.clone(), clock.clone(), committed)?;
                Backend::Sqlite { writer, readers: Readers::of(&path) }
            }
            Place::Postgres { url, prefix } => {
                let schema = format!("{prefix}{service}");
                let writer = postgres::Writer::connect(url, &schema, name.clone(), clock.clone(), committed).await?;
                let mut held = writer.connections.take().await?;
                migrate::postgres(&mut held, migrations).await?;
                writer.connections.give(held);
                Backend::Postgres(writer)
            }
        };
        Ok(Self { inner: Arc::new(Inner { service: name, clock, backend, fresh }) })
    }

    /// The service this store belongs to; the source of what it appends.
    pub fn service(&self) -> &str {
        &self.inner.service
    }

    /// Which SQL it speaks.
    pub fn dialect(&self) -> Dialect {
        match self.inner.backend {
            Backend::Sqlite { .. } => Dialect::Sqlite,
            Backend::Postgres(_) => Dialect::Postgres,
        }
    }

    /// The clock it was opened with.
    pub fn clock(&self) -> &Clock {
        &self.inner.clock
    }

    /// What was just committed, for the relay.
    pub fn fresh(&self) -> &Fresh {
        &self.inner.fresh
    }

    /// Where a test can stop this process.
    pub fn faults(&self) -> &crate::fault::Faults {
        self.inner.fresh.faults()
    }

    /// How many transactions of this store have been committed since it was opened; on SQLite several callers share one.
    pub fn commits(&self) -> u64 {
        self.inner.fresh.commits()
    }

    /// How many statements were run in those transactions, BEGIN and COMMIT not counted.
    pub fn statements(&self) -> u64 {
        self.inner.fresh.statements()
    }

    /// Ends when a unit of work commits that called [`Work::poke`] with this name after this was called.
    pub fn poked(&self, name: &str) -> impl Future<Output = ()> + Send + use<> {
        let mut poked = Box::pin(self.inner.fresh.poked(name));
        poked.as_mut().enable();
        poked
    }

    /// Runs `work` in one transaction, to its end even if the caller is dropped, and answers when it is on disk.
    ///
    /// An error of the closure takes back everything it did. When the commit itself fails, every caller in it is told
    /// [`StoreError::Unavailable`]: it may or may not be written, and a `request_id` is what resolves it.
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: for<'a> FnOnce(&'a mut Work) -> BoxFuture<'a, Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (job, answer) = Caller::new(work);
        let closed = || E::from(StoreError::Unavailable("the store is closed".to_owned()));
        match &self.inner.backend {
            Backend::Sqlite { writer, .. } => writer.send(Box::new(job)).await.map_err(|_| closed())?,
            Backend::Postgres(writer) => writer.start(Box::new(job)),
        }
        answer.await.unwrap_or_else(|_| Err(closed()))
    }

    /// Rows of a SELECT, read beside the writers.
    pub async fn rows(&self, sql: &str, params: Params) -> Result<Vec<Row>, StoreError> {
        match &self.inner.backend {
            Backend::Sqlite { readers, .. } => readers.rows(sql, params).await,
            Backend::Postgres(writer) => {
                let query = sqlx::query_with(AssertSqlSafe(sql), for_postgres(params)?);
                let mut held = writer.connections.take().await?;
                let rows = query.fetch_all(&mut *held).await?;
                writer.connections.give(held);
                Ok(rows.into_iter().map(Row::Postgres).collect())
            }
        }
    }

    /// The one row that matches, if there is one.
    pub async fn row(&self, sql: &str, params: Params) -> Result<Option<Row>, StoreError> {
        Ok(self.rows(sql, params).await?.into_iter().next())
    }

    /// Finishes what was begun, takes nothing more ([`StoreError::Unavailable`]), and lets the database go. Dropping the last clone does
    /// the same, but nobody can wait for it.
    pub async fn close(&self) {
        match &self.inner.backend {
            Backend::Sqlite { writer, readers } => {
                writer.close().await;
                readers.close().await;
            }
            Backend::Postgres(writer) => writer.connections.close().await,
        }
    }
}
