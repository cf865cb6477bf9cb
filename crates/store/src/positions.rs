//! What a consumer has reached, per (source, stream, partition), and where its durables are made anew.

use std::sync::LazyLock;
use std::time::Duration;

use sqlx::AssertSqlSafe;

use crate::bulk::unnest;
use crate::conn::Dialect;
use crate::store::Store;
use crate::value::Value;
use crate::work::Work;
use crate::{StoreError, params};

/// A step of one partition: compare-and-set from `previous` to `position`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advance {
    /// The service that numbers.
    pub source: String,
    /// The stream.
    pub stream: String,
    /// The partition.
    pub partition: u32,
    /// What was reached before; 0 = nothing.
    pub previous: u64,
    /// What is reached now.
    pub position: u64,
}

/// Moves a consumer on, all or nothing. Fails with [`StoreError::Fenced`] if another reader moved one of them meanwhile.
pub async fn advance(work: &mut Work, consumer: &str, steps: &[Advance]) -> Result<(), StoreError> {
    if steps.is_empty() {
        return Ok(());
    }
    let update = "ON CONFLICT (consumer, source, stream, partition) DO UPDATE SET position = excluded.position, previous = excluded.previous \
                  WHERE positions.position = excluded.previous";
    let columns = "positions (consumer, source, stream, partition, position, previous)";
    // A step from somewhere whose row is gone must not begin a new one: it was deleted, and that is another's doing, too.
    let known = |source, stream, partition, previous| {
        format!(
            "{previous} = 0 OR EXISTS (SELECT 1 FROM positions known WHERE known.consumer = $1 AND known.source = {source} \
             AND known.stream = {stream} AND known.partition = {partition})"
        )
    };
    let moved = match work.dialect() {
        Dialect::Sqlite => {
            let rows: Vec<_> = steps.iter().map(|it| (&it.source, &it.stream, it.partition, it.position, it.previous)).collect();
            let json = serde_json::to_string(&rows).map_err(|error| StoreError::Refused(error.to_string()))?;
            let known = known("value ->> 0", "value ->> 1", "value ->> 2", "value ->> 4");
            let sql = format!(
                "INSERT INTO {columns} SELECT $1, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM json_each($2) WHERE {known} {update}"
            );
            work.execute(&sql, params![consumer, json]).await?
        }
        Dialect::Postgres => {
            // In one order everywhere, so that two readers can't wait for each other.
            let mut sorted: Vec<&Advance> = steps.iter().collect();
            sorted.sort_by(|a, b| (&a.source, &a.stream, a.partition).cmp(&(&b.source, &b.stream, b.partition)));
            let known = known("n.source", "n.stream", "n.partition", "n.previous");
            let sql = format!(
                "INSERT INTO {columns} SELECT $1, n.* FROM {} AS n (source, stream, partition, position, previous) WHERE {known} {update}",
                unnest(2, &["text", "text", "bigint", "bigint", "bigint"])
            );
            let params = vec![
                consumer.into(),
                Value::Texts(sorted.iter().map(|it| it.source.clone()).collect()),
                Value::Texts(sorted.iter().map(|it| it.stream.clone()).collect()),
                Value::Ints(sorted.iter().map(|it| it.partition.into()).collect()),
                Value::Ints(sorted.iter().map(|it| it.position.cast_signed()).collect()),
                Value::Ints(sorted.iter().map(|it| it.previous.cast_signed()).collect()),
            ];
            work.execute(&sql, params).await?
        }
    };
    // Some of them may have moved: that must not be committed.
    if moved == steps.len() as u64 { Ok(()) } else { Err(work.fail(StoreError::Fenced(consumer.to_owned()))) }
}

/// All positions of a consumer: (source, stream, partition, position).
pub async fn load(store: &Store, consumer: &str) -> Result<Vec<(String, String, u32, u64)>, StoreError> {
    let rows = store.rows("SELECT source, stream, partition, position FROM positions WHERE consumer = $1", params![consumer]).await?;
    rows.iter().map(|row| Ok((row.get("source")?, row.get("stream")?, row.get("partition")?, row.get("position")?))).collect()
}

/// Where a durable reader of one stream goes on: every message up to `sequence` is dealt with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cursor {
    /// The stream's sequence.
    pub sequence: u64,
    /// When the stream was made, nanoseconds: another value is another stream, whose sequences mean nothing here.
    pub created_ns: i64,
    /// The `Nats-Msg-Id` of the message at that sequence; another one there means that the stream lost its tail.
    pub message_id: String,
}

/// Keeps the cursor; `members` tells apart processes that share a consumer's partitions.
pub async fn keep_cursor(work: &mut Work, consumer: &str, stream: &str, members: &str, cursor: &Cursor) -> Result<(), StoreError> {
    let sql = "INSERT INTO cursors (consumer, stream, members, sequence, created_ns, message_id) VALUES ($1, $2, $3, $4, $5, $6) \
               ON CONFLICT (consumer, stream, members) DO UPDATE SET sequence = excluded.sequence, created_ns = excluded.created_ns, \
               message_id = excluded.message_id";
    let params = params![consumer, stream, members, cursor.sequence, cursor.created_ns, &cursor.message_id];
    work.execute(sql, params).await.map(|_| ())
}

/// The cursor kept last.
pub async fn cursor(store: &Store, consumer: &str, stream: &str, members: &str) -> Result<Option<Cursor>, StoreError> {
    let sql = "SELECT sequence, created_ns, message_id FROM cursors WHERE consumer = $1 AND stream = $2 AND members = $3";
    let Some(row) = store.row(sql, params![consumer, stream, members]).await? else { return Ok(None) };
    Ok(Some(Cursor { sequence: row.get("sequence")?, created_ns: row.get("created_ns")?, message_id: row.get("message_id")? }))
}

static INBOX: LazyLock<String> = LazyLock::new(|| {
    format!(
        "WITH added AS (INSERT INTO inbox (consumer, id, until_us) SELECT $1, id, $3 FROM {} AS id ORDER BY id \
         ON CONFLICT DO NOTHING RETURNING id) SELECT COALESCE(ARRAY_AGG(id), '{{}}') FROM added",
        unnest(2, &["text"])
    )
});

/// Remembers ids that came without a position, for so long (`None` = for good); answers those that are new.
pub async fn first_seen(work: &mut Work, consumer: &str, ids: &[String], remembered: Option<Duration>) -> Result<Vec<String>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let until_us =
        remembered.and_then(|time| i64::try_from(time.as_micros()).ok()).map_or(i64::MAX, |time| work.now_us().saturating_add(time));
    if work.dialect() == Dialect::Sqlite {
        let mut new = Vec::with_capacity(ids.len());
        for id in ids {
            let sql = "INSERT INTO inbox (consumer, id, until_us) VALUES (?, ?, ?) ON CONFLICT DO NOTHING";
            if work.execute(sql, params![consumer, id, until_us]).await? > 0 {
                new.push(id.clone());
            }
        }
        return Ok(new);
    }
    // One row of an array, not a row for each.
    let query = sqlx::query_scalar(AssertSqlSafe(INBOX.as_str())).bind(consumer).bind(ids).bind(until_us);
    work.count_statements(1);
    let added = query.fetch_one(work.postgres()?).await;
    added.map_err(|error| work.fail(error.into()))
}
