//! Durable timers: set in a transaction, due in a consumer's loop, gone in the transaction that acts on them.

use messaging::Cause;

use crate::store::Store;
use crate::work::Work;
use crate::{StoreError, params};

/// A timer that is set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timer {
    /// Unique within the consumer; setting it again moves it.
    pub id: String,
    /// The lane it comes through.
    pub key: String,
    /// When, microseconds since 1970 UTC.
    pub due_us: i64,
    /// What the handler needs to know.
    pub payload: String,
    /// The conversation that it belongs to.
    pub cause: Cause,
}

/// Sets a timer of a consumer of this service.
pub async fn set(work: &mut Work, consumer: &str, timer: &Timer) -> Result<(), StoreError> {
    let cause = serde_json::to_string(&timer.cause).map_err(|error| StoreError::Refused(error.to_string()))?;
    let sql = "INSERT INTO timers (consumer, id, key, due_us, payload, cause) VALUES ($1, $2, $3, $4, $5, $6) \
               ON CONFLICT (consumer, id) DO UPDATE SET key = excluded.key, due_us = excluded.due_us, payload = excluded.payload, cause = excluded.cause";
    work.execute(sql, params![consumer, &timer.id, &timer.key, timer.due_us, &timer.payload, cause]).await.map(|_| ())
}

/// Takes a timer away; whether it was there.
pub async fn cancel(work: &mut Work, consumer: &str, id: &str) -> Result<bool, StoreError> {
    let gone = work.execute("DELETE FROM timers WHERE consumer = $1 AND id = $2", params![consumer, id]).await?;
    Ok(gone > 0)
}

/// Takes a timer away if it still is due then; whether it was.
pub async fn cancel_at(work: &mut Work, consumer: &str, id: &str, due_us: i64) -> Result<bool, StoreError> {
    let sql = "DELETE FROM timers WHERE consumer = $1 AND id = $2 AND due_us = $3";
    Ok(work.execute(sql, params![consumer, id, due_us]).await? > 0)
}

/// The timers that are due, oldest first.
pub async fn due(store: &Store, consumer: &str, now_us: i64, limit: u32) -> Result<Vec<Timer>, StoreError> {
    let sql = "SELECT id, key, due_us, payload, cause FROM timers WHERE consumer = $1 AND due_us <= $2 ORDER BY due_us, id LIMIT $3";
    let rows = store.rows(sql, params![consumer, now_us, limit]).await?;
    rows.iter()
        .map(|row| {
            let cause: String = row.get("cause")?;
            let cause = serde_json::from_str(&cause).map_err(|error| StoreError::Refused(format!("timer cause: {error}")))?;
            Ok(Timer { id: row.get("id")?, key: row.get("key")?, due_us: row.get("due_us")?, payload: row.get("payload")?, cause })
        })
        .collect()
}
