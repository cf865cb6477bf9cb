//! Durable timers: set in a transaction, due in a consumer's loop, gone in the transaction that acts on them.

use std::collections::HashMap;

use messaging::Cause;

use crate::store::Store;
use crate::value::{Params, Value};
use crate::work::Work;
use crate::{StoreError, params};

/// Timers a statement: both databases bound its parameters.
const ROWS: usize = 1000;

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
    set_all(work, consumer, std::slice::from_ref(timer)).await
}

/// Sets several timers in one statement; of those with the same id the last one counts.
pub async fn set_all(work: &mut Work, consumer: &str, timers: &[Timer]) -> Result<(), StoreError> {
    // Postgres refuses a row that one statement would touch twice.
    let last: HashMap<&str, &Timer> = timers.iter().map(|timer| (timer.id.as_str(), timer)).collect();
    let mut timers: Vec<&Timer> = last.into_values().collect();
    timers.sort_unstable_by_key(|timer| &timer.id);
    for chunk in timers.chunks(ROWS) {
        let mut params = Params::new();
        let mut rows = Vec::with_capacity(chunk.len());
        for timer in chunk {
            let cause = serde_json::to_string(&timer.cause).map_err(|error| StoreError::Refused(error.to_string()))?;
            let at = params.len();
            let numbers: Vec<String> = (1..=6).map(|column| format!("${}", at + column)).collect();
            rows.push(format!("({})", numbers.join(", ")));
            params.extend(params![consumer, &timer.id, &timer.key, timer.due_us, &timer.payload, cause]);
        }
        let sql = format!(
            "INSERT INTO timers (consumer, id, key, due_us, payload, cause) VALUES {} \
             ON CONFLICT (consumer, id) DO UPDATE SET key = excluded.key, due_us = excluded.due_us, payload = excluded.payload, \
             cause = excluded.cause, history = '[]'",
            rows.join(", ")
        );
        work.execute(&sql, params).await?;
    }
    Ok(())
}

/// Takes a timer away; whether it was there.
pub async fn cancel(work: &mut Work, consumer: &str, id: &str) -> Result<bool, StoreError> {
    let gone = work.execute("DELETE FROM timers WHERE consumer = $1 AND id = $2", params![consumer, id]).await?;
    Ok(gone > 0)
}

/// Takes several timers away in one statement; those that are not there don't matter.
pub async fn cancel_all(work: &mut Work, consumer: &str, ids: &[String]) -> Result<(), StoreError> {
    for chunk in ids.chunks(ROWS) {
        let numbers: Vec<String> = (0..chunk.len()).map(|at| format!("${}", at + 2)).collect();
        let mut params = params![consumer];
        params.extend(chunk.iter().map(Value::from));
        let sql = format!("DELETE FROM timers WHERE consumer = $1 AND id IN ({})", numbers.join(", "));
        work.execute(&sql, params).await?;
    }
    Ok(())
}

/// Takes a timer away if it still is due then; whether it was.
pub async fn cancel_at(work: &mut Work, consumer: &str, id: &str, due_us: i64) -> Result<bool, StoreError> {
    let sql = "DELETE FROM timers WHERE consumer = $1 AND id = $2 AND due_us = $3";
    Ok(work.execute(sql, params![consumer, id, due_us]).await? > 0)
}

/// The tries of a timer that failed before, as [`put_off`] was given them; `None` = it is not due then any more.
pub async fn history(work: &mut Work, consumer: &str, id: &str, due_us: i64) -> Result<Option<String>, StoreError> {
    let sql = "SELECT history FROM timers WHERE consumer = $1 AND id = $2 AND due_us = $3";
    work.row(sql, params![consumer, id, due_us]).await?.map(|row| row.get("history")).transpose()
}

/// Lets a timer that was due at `due_us` and failed be due again at `again_us`; nothing happens if it was moved meanwhile.
pub async fn put_off(work: &mut Work, consumer: &str, id: &str, due_us: i64, again_us: i64, history: &str) -> Result<(), StoreError> {
    let sql = "UPDATE timers SET due_us = $1, history = $2 WHERE consumer = $3 AND id = $4 AND due_us = $5";
    work.execute(sql, params![again_us, history, consumer, id, due_us]).await.map(|_| ())
}

/// The timers that are due, oldest first. One whose cause can't be read begins a conversation of its own: it must not hold up the others.
pub async fn due(store: &Store, consumer: &str, now_us: i64, limit: u32) -> Result<Vec<Timer>, StoreError> {
    let sql = "SELECT id, key, due_us, payload, cause FROM timers WHERE consumer = $1 AND due_us <= $2 ORDER BY due_us, id LIMIT $3";
    let rows = store.rows(sql, params![consumer, now_us, limit]).await?;
    rows.iter()
        .map(|row| {
            let (id, cause): (String, String) = (row.get("id")?, row.get("cause")?);
            let cause = serde_json::from_str(&cause).unwrap_or_else(|error| {
                tracing::error!(consumer, timer = id, %error, "the cause of a timer can't be read");
                Cause { correlation_id: id.clone(), actor: consumer.to_owned(), ..Cause::default() }
            });
            Ok(Timer { id, key: row.get("key")?, due_us: row.get("due_us")?, payload: row.get("payload")?, cause })
        })
        .collect()
}
