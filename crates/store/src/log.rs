//! Reading the log: by key, by position, and in the order in which the relay publishes.

use std::collections::BTreeMap;

use messaging::{Envelope, Kind};
use telemetry::TraceContext;

use crate::by_key::Key;
use crate::conn::Dialect;
use crate::store::Store;
use crate::value::Row;
use crate::work::{Emit, Work};
use crate::{StoreError, Value, params};

/// A message of the log.
#[derive(Clone, Debug)]
pub struct LogRow {
    /// The order of publishing within the store. On Postgres, until the row is numbered, the event's own number.
    pub seq: i64,
    /// The stream it goes to.
    pub stream: String,
    /// The key's partition.
    pub partition: u32,
    /// The message. Boxed, because rows are handed on in lists from the append to the relay.
    pub envelope: Box<Envelope>,
    pub(crate) expected: Option<u64>,
}

impl LogRow {
    pub(crate) fn unnumbered(emit: Emit) -> Self {
        Self {
            seq: 0,
            stream: emit.envelope.stream(),
            partition: Work::partition(&emit.envelope),
            envelope: emit.envelope,
            expected: emit.version,
        }
    }

    /// What its version counts.
    pub(crate) fn of_key(&self) -> Key<'_> {
        (&self.stream, &self.envelope.aggregate_type, &self.envelope.key)
    }

    fn read(row: &Row) -> Result<Self, StoreError> {
        let stream: String = row.get("stream")?;
        let extensions: String = row.get("extensions")?;
        let extensions: BTreeMap<String, String> = if extensions.is_empty() {
            BTreeMap::new()
        } else {
            serde_json::from_str(&extensions).map_err(|error| StoreError::Refused(format!("extensions of {stream}: {error}")))?
        };
        let envelope = Envelope {
            id: row.get("id")?,
            type_: row.get("type")?,
            kind: if stream.starts_with("COMMANDS_") { Kind::Command } else { Kind::Event },
            source: String::new(),
            key: row.get("key")?,
            aggregate_type: row.get("aggregate_type")?,
            time_us: row.get("time_us")?,
            schema: row.get("schema")?,
            content_type: row.get("content_type")?,
            correlation_id: row.get("correlation_id")?,
            causation_id: row.get("causation_id")?,
            sequence: row.get("version")?,
            position: row.get("position")?,
            trace: TraceContext { traceparent: row.get("traceparent")?, tracestate: row.get("tracestate")? },
            extensions,
            payload: row.get::<Vec<u8>>("payload")?.into(),
        };
        Ok(Self { seq: row.get("seq")?, stream, partition: row.get("partition")?, envelope: Box::new(envelope), expected: None })
    }
}

const EVENT: &str = "e.id, e.type, e.aggregate_type, e.key, e.version, e.stream, e.partition, e.time_us, e.schema, e.content_type, \
                     e.correlation_id, e.causation_id, e.traceparent, e.tracestate, e.extensions, e.payload";

/// What a log row is made of: on SQLite the event carries its number, on Postgres its publication does.
fn numbered(dialect: Dialect) -> (String, &'static str) {
    match dialect {
        Dialect::Sqlite => (format!("SELECT {EVENT}, e.seq, e.position FROM events e"), "e"),
        Dialect::Postgres => (format!("SELECT {EVENT}, p.seq, p.position FROM publications p JOIN events e ON e.seq = p.event_seq"), "p"),
    }
}

/// Messages of one partition from a position on, in order.
pub async fn read(store: &Store, stream: &str, partition: u32, from: u64, limit: u32) -> Result<Vec<LogRow>, StoreError> {
    let (select, at) = numbered(store.dialect());
    let sql = format!("{select} WHERE {at}.stream = $1 AND {at}.partition = $2 AND {at}.position >= $3 ORDER BY {at}.position LIMIT $4");
    rows(store, &sql, params![stream, partition, from, limit]).await
}

/// Messages of one stream after `seq`, in the order of publishing.
pub async fn after(store: &Store, stream: &str, seq: i64, limit: u32) -> Result<Vec<LogRow>, StoreError> {
    rows(store, &after_sql(store.dialect()), params![stream, seq, limit]).await
}

fn after_sql(dialect: Dialect) -> String {
    let (select, at) = numbered(dialect);
    format!("{select} WHERE {at}.stream = $1 AND {at}.seq > $2 ORDER BY {at}.seq LIMIT $3")
}

/// What of a stream comes after `seq`: how many messages, counted up to `most`, and when the first of them happened (microseconds since 1970
/// UTC).
pub async fn waiting(store: &Store, stream: &str, seq: i64, most: u32) -> Result<(usize, Option<i64>), StoreError> {
    let Some(first) = after(store, stream, seq, 1).await?.pop() else { return Ok((0, None)) };
    let table = table(store.dialect());
    let sql = format!("SELECT COUNT(*) AS count FROM (SELECT 1 FROM {table} WHERE stream = $1 AND seq > $2 LIMIT $3) waiting");
    let row = store.row(&sql, params![stream, seq, most]).await?;
    let count: u64 = row.map_or(Ok(0), |row| row.get("count"))?;
    Ok((usize::try_from(count).unwrap_or(usize::MAX), Some(first.envelope.time_us)))
}

/// The message at one position.
pub async fn at(store: &Store, stream: &str, partition: u32, position: u64) -> Result<Option<LogRow>, StoreError> {
    Ok(read(store, stream, partition, position, 1).await?.into_iter().find(|row| row.envelope.position == position))
}

/// The messages with these numbers in the order of publishing, in that order; for Postgres, where they are given after the append.
pub(crate) async fn of_seqs(store: &Store, seqs: Vec<i64>) -> Result<Vec<LogRow>, StoreError> {
    if seqs.is_empty() {
        return Ok(Vec::new());
    }
    let (select, at) = numbered(store.dialect());
    let sql = format!("{select} WHERE {at}.seq = ANY($1::bigint[]) ORDER BY {at}.seq");
    rows(store, &sql, vec![Value::Ints(seqs)]).await
}

/// Lets the database clear away what was taken out of the outbox, beside everything else that goes on.
pub(crate) async fn clear_outbox(store: &Store) -> Result<(), StoreError> {
    // Without truncating: that would lock out those who append.
    store.rows("VACUUM (INDEX_CLEANUP ON, TRUNCATE OFF) outbox", params![]).await.map(|_| ())
}

/// The first message of a stream that happened at this time or later, as its order of publishing; `None` when there is none.
pub async fn first_since(store: &Store, stream: &str, time_us: i64) -> Result<Option<i64>, StoreError> {
    let (_, at) = numbered(store.dialect());
    let from = match store.dialect() {
        Dialect::Sqlite => "events e",
        Dialect::Postgres => "publications p JOIN events e ON e.seq = p.event_seq",
    };
    let sql = format!("SELECT MIN({at}.seq) AS seq FROM {from} WHERE {at}.stream = $1 AND e.time_us >= $2");
    let rows = store.rows(&sql, params![stream, time_us]).await?;
    rows.first().map_or(Ok(None), |row| row.get("seq"))
}

/// The last message of a stream in the order of publishing; 0 = there is none.
pub async fn last(store: &Store, stream: &str) -> Result<i64, StoreError> {
    let table = table(store.dialect());
    let sql = format!("SELECT seq FROM {table} WHERE stream = $1 ORDER BY seq DESC LIMIT 1");
    store.row(&sql, params![stream]).await?.map_or(Ok(0), |row| row.get("seq"))
}

/// The streams that messages of this log are numbered in.
pub async fn streams(store: &Store) -> Result<Vec<String>, StoreError> {
    // From one to the next by index: DISTINCT would walk all of it.
    let sql = match store.dialect() {
        Dialect::Sqlite => "SELECT MIN(stream) AS stream FROM events WHERE stream > $1",
        Dialect::Postgres => "SELECT MIN(stream) AS stream FROM publications WHERE stream > $1",
    };
    let mut streams: Vec<String> = Vec::new();
    loop {
        let last = streams.last().map_or("", String::as_str);
        let row = store.row(sql, params![last]).await?;
        match row.map_or(Ok(None), |row| row.get("stream"))? {
            Some(stream) => streams.push(stream),
            None => return Ok(streams),
        }
    }
}

/// The last position of every (stream, partition).
pub async fn heads(store: &Store) -> Result<Vec<(String, u32, u64)>, StoreError> {
    let mut heads = Vec::new();
    for stream in streams(store).await? {
        let of_stream = heads_in(store, &stream).await?;
        heads.extend(of_stream.into_iter().filter(|(_, head)| *head > 0).map(|(partition, head)| (stream.clone(), partition, head)));
    }
    Ok(heads)
}

/// The last position of each partition; 0 = there is none.
pub(crate) async fn heads_in(store: &Store, stream: &str) -> Result<Vec<(u32, u64)>, StoreError> {
    read_heads(&store.rows(&heads_sql(store.dialect()), params![stream]).await?)
}

fn table(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => "events",
        Dialect::Postgres => "publications",
    }
}

fn heads_sql(dialect: Dialect) -> String {
    let table = table(dialect);
    // One look into the index per partition: grouping would walk the whole of it.
    (0..messaging::PARTITIONS)
        .map(|partition| {
            format!(
                "SELECT CAST({partition} AS BIGINT) AS partition, MAX(position) AS position FROM {table} WHERE stream = $1 AND partition = {partition}"
            )
        })
        .collect::<Vec<_>>()
        .join(" UNION ALL ")
}

fn read_heads(rows: &[Row]) -> Result<Vec<(u32, u64)>, StoreError> {
    rows.iter().map(|row| Ok((row.get("partition")?, row.get::<Option<i64>>("position")?.unwrap_or(0).cast_unsigned()))).collect()
}

pub(crate) async fn heads_of(work: &mut Work, stream: &str) -> Result<Vec<(u32, u64)>, StoreError> {
    let sql = heads_sql(work.dialect());
    read_heads(&work.rows(&sql, params![stream]).await?)
}

pub(crate) async fn of_key(work: &mut Work, stream: &str, aggregate_type: &str, key: &str) -> Result<Vec<Envelope>, StoreError> {
    let position = match work.dialect() {
        Dialect::Sqlite => "e.position",
        Dialect::Postgres => "CAST(0 AS BIGINT) AS position",
    };
    let sql = format!(
        "SELECT {EVENT}, e.seq, {position} FROM events e WHERE e.stream = $1 AND e.aggregate_type = $2 AND e.key = $3 ORDER BY e.version"
    );
    let rows = work.rows(&sql, params![stream, aggregate_type, key]).await?;
    let service = work.service.to_string();
    rows.iter()
        .map(|row| {
            let mut envelope = *LogRow::read(row)?.envelope;
            envelope.source.clone_from(&service);
            Ok(envelope)
        })
        .collect()
}

async fn rows(store: &Store, sql: &str, params: crate::Params) -> Result<Vec<LogRow>, StoreError> {
    let rows = store.rows(sql, params).await?;
    rows.iter()
        .map(|row| {
            let mut row = LogRow::read(row)?;
            store.service().clone_into(&mut row.envelope.source);
            Ok(row)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A relay that is behind a log of ten million messages took seconds for each thousand.
    #[test]
    fn what_is_to_be_published_is_found_without_walking_the_stream() {
        let conn = rusqlite::Connection::open_in_memory().unwrap();
        conn.execute_batch(include_str!("../migrations/sqlite/0001_core.sql")).unwrap();
        conn.execute_batch(include_str!("../migrations/sqlite/0005_streams.sql")).unwrap();
        let mut explained = conn.prepare(&format!("EXPLAIN QUERY PLAN {}", after_sql(Dialect::Sqlite))).unwrap();
        let plan: Vec<String> =
            explained.query_map(rusqlite::params!["S", 1, 1], |row| row.get("detail")).unwrap().map(Result::unwrap).collect();
        assert_eq!(plan, ["SEARCH e USING INDEX events_by_stream (stream=? AND rowid>?)"]);
    }
}
