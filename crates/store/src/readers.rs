//! SQLite's readers: a few connections beside the writer, each query on a thread that may block.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tokio::sync::Semaphore;

use crate::value::{Params, Row};
use crate::{StoreError, direct};

/// How many read at a time.
const READERS: u32 = 4;

pub(crate) struct Readers {
    path: Arc<PathBuf>,
    free: Arc<Mutex<Vec<Connection>>>,
    turns: Arc<Semaphore>,
}

impl Readers {
    /// Connections are opened when they are needed.
    pub(crate) fn of(path: &Path) -> Self {
        Self { path: Arc::new(path.to_owned()), free: Arc::default(), turns: Arc::new(Semaphore::new(READERS as usize)) }
    }

    pub(crate) async fn rows(&self, sql: &str, params: Params) -> Result<Vec<Row>, StoreError> {
        let closed = || StoreError::Unavailable("the store is closed".to_owned());
        let turn = self.turns.clone().acquire_owned().await.map_err(|_| closed())?;
        let (path, free, sql) = (self.path.clone(), self.free.clone(), sql.to_owned());
        let read = tokio::task::spawn_blocking(move || {
            let conn = free.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let conn = conn.map_or_else(|| direct::reader(&path), Ok)?;
            let rows = direct::rows(&conn, &sql, params);
            free.lock().unwrap_or_else(PoisonError::into_inner).push(conn);
            drop(turn);
            rows
        });
        read.await.map_err(|_| closed())?
    }

    /// Waits for those who read, and lets the file go.
    pub(crate) async fn close(&self) {
        let all = self.turns.acquire_many(READERS).await;
        self.turns.close();
        self.free.lock().unwrap_or_else(PoisonError::into_inner).clear();
        drop(all);
    }
}
