//! One process per SQLite file: a second one would number the same positions again.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::time::{Duration, Instant};

use crate::StoreError;

/// How long the one before may take to let go: a store that was just dropped, a process on its way down.
const PATIENCE: Duration = Duration::from_secs(1);

/// Locks the database at `path` for this store, until the answer is dropped.
pub(crate) async fn take(path: &Path) -> Result<File, StoreError> {
    let unavailable = |error: std::io::Error| StoreError::Unavailable(format!("{}: {error}", path.display()));
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(unavailable)?;
    }
    let file = File::create(path.with_extension("lock")).map_err(unavailable)?;
    let deadline = Instant::now() + PATIENCE;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::Error(error)) => return Err(unavailable(error)),
            Err(TryLockError::WouldBlock) if Instant::now() < deadline => tokio::time::sleep(Duration::from_millis(10)).await,
            Err(TryLockError::WouldBlock) => {
                let path = path.display();
                let text = format!("{path} is in use by another process; one process per SQLite file, or use Postgres");
                return Err(StoreError::Unavailable(text));
            }
        }
    }
}
