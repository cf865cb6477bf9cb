//! Reading rows of the log.

use std::collections::BTreeMap;

use ::store::{Row, Store, StoreError, Value, params};
use messaging::{Envelope, Kind};
use telemetry::TraceContext;

/// A message of the log.
#[derive(Clone, Debug)]
pub(crate) struct Logged {
    /// The order of arrival.
    pub(crate) seq: i64,
    pub(crate) envelope: Envelope,
}

pub(super) const COLUMNS: &str = "seq, id, kind, type, aggregate_type, key, version, correlation_id, causation_id, time_us, source, position, \
                                  schema, content_type, traceparent, tracestate, extensions, payload";

pub(super) fn logged(row: &Row) -> Result<Logged, StoreError> {
    let extensions: String = row.get("extensions")?;
    let extensions: BTreeMap<String, String> = match extensions.as_str() {
        "" => BTreeMap::new(),
        json => serde_json::from_str(json).map_err(|error| StoreError::Refused(format!("extensions: {error}")))?,
    };
    let envelope = Envelope {
        id: row.get("id")?,
        type_: row.get("type")?,
        kind: if row.get::<String>("kind")? == "command" { Kind::Command } else { Kind::Event },
        source: row.get("source")?,
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
    Ok(Logged { seq: row.get("seq")?, envelope })
}

/// The rows of these numbers, in their order.
pub(crate) async fn load(store: &Store, seqs: &[i64]) -> Result<Vec<Logged>, StoreError> {
    if seqs.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!("SELECT {COLUMNS} FROM log WHERE seq IN ({})", numbers(1, seqs.len()));
    let rows = store.rows(&sql, seqs.iter().map(|seq| Value::from(*seq)).collect()).await?;
    let mut by_seq: BTreeMap<i64, Logged> = BTreeMap::new();
    for row in &rows {
        let logged = logged(row)?;
        by_seq.insert(logged.seq, logged);
    }
    Ok(seqs.iter().filter_map(|seq| by_seq.remove(seq)).collect())
}

/// `$3, $4, $5`
pub(super) fn numbers(from: usize, count: usize) -> String {
    (from..from + count).map(|number| format!("${number}")).collect::<Vec<_>>().join(", ")
}

/// The number of the row that came last; 0 = none.
pub(crate) async fn head(store: &Store) -> Result<i64, StoreError> {
    let row = store.row("SELECT COALESCE(MAX(seq), 0) AS seq FROM log", params![]).await?;
    row.map_or(Ok(0), |row| row.get("seq"))
}

/// Rows behind a number, and those of `missing` that are there by now, in order of arrival.
pub(crate) async fn behind(store: &Store, seq: i64, missing: &[i64], limit: usize) -> Result<Vec<Logged>, StoreError> {
    let mut params = params![seq];
    let mut also = String::new();
    if !missing.is_empty() {
        also = format!(" OR seq IN ({})", numbers(2, missing.len()));
        params.extend(missing.iter().map(|seq| Value::from(*seq)));
    }
    let sql = format!("SELECT {COLUMNS} FROM log WHERE seq > $1{also} ORDER BY seq LIMIT {limit}");
    store.rows(&sql, params).await?.iter().map(logged).collect()
}

/// The messages of one conversation, oldest first.
pub(crate) async fn conversation(store: &Store, correlation_id: &str, limit: usize) -> Result<Vec<Logged>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM log WHERE correlation_id = $1 ORDER BY time_us, seq LIMIT {limit}");
    store.rows(&sql, params![correlation_id]).await?.iter().map(logged).collect()
}

/// How many messages it has.
pub(crate) async fn conversation_size(store: &Store, correlation_id: &str) -> Result<u64, StoreError> {
    let row = store.row("SELECT COUNT(*) AS count FROM log WHERE correlation_id = $1", params![correlation_id]).await?;
    row.map_or(Ok(0), |row| row.get("count"))
}
