//! Appending to the log: set-based, because a row at a time costs a round trip each.

use std::collections::HashMap;

use messaging::{Envelope, MAX_PAYLOAD, is_token};

use crate::conn::Dialect;
use crate::log::{self, LogRow};
use crate::work::{Emit, Work};
use crate::{StoreError, Value};

/// Appends in the order given; answers the rows as they stand in the log. What the broker would never take is refused: the relay has no way
/// past it.
pub(crate) async fn append(work: &mut Work, emits: Vec<Emit>) -> Result<Vec<LogRow>, StoreError> {
    let mut rows: Vec<LogRow> = emits.into_iter().map(LogRow::unnumbered).collect();
    if let Some(why) = rows.iter().find_map(refusal) {
        return Err(StoreError::Refused(why));
    }
    match work.dialect() {
        Dialect::Sqlite => sqlite(work, &mut rows).await?,
        Dialect::Postgres => postgres(work, &mut rows).await?,
    }
    Ok(rows)
}

fn refusal(row: &LogRow) -> Option<String> {
    let Envelope { id, type_, aggregate_type, key, schema, content_type, correlation_id, causation_id, trace, payload, .. } = &row.envelope;
    if row.expected.is_some_and(|version| version == 0 || i64::try_from(version).is_err()) {
        return Some(format!("{type_} of {key}: versions count from 1"));
    }
    if !is_token(key) {
        return Some(format!("{type_} of {key:?}: the key is no subject token"));
    }
    if payload.len() > MAX_PAYLOAD {
        return Some(format!("{type_} of {key}: {} bytes, at most {MAX_PAYLOAD}", payload.len()));
    }
    let texts = [id, type_, aggregate_type, schema, content_type, correlation_id, causation_id, &trace.traceparent, &trace.tracestate];
    // Postgres has no place for it; then nobody has.
    texts.into_iter().find(|text| text.contains('\0')).map(|text| format!("{type_} of {key}: {text:?} has a NUL character"))
}

/// How many messages of the same key stand before each one in this batch.
fn offsets(rows: &[LogRow]) -> Vec<i64> {
    let mut seen: HashMap<(&str, &str, &str), i64> = HashMap::new();
    rows.iter()
        .map(|row| {
            let count = seen.entry((&row.stream, &row.envelope.aggregate_type, &row.envelope.key)).or_default();
            *count += 1;
            *count
        })
        .collect()
}

fn extensions(envelope: &Envelope) -> String {
    if envelope.extensions.is_empty() {
        return String::new();
    }
    serde_json::to_string(&envelope.extensions).unwrap_or_default()
}

const COLUMNS: &str = "id, type, aggregate_type, key, stream, partition, time_us, schema, content_type, correlation_id, causation_id, \
                       traceparent, tracestate, extensions, payload";

/// Row by row: nothing waits in between, and a small statement that is prepared once is what SQLite is quickest at.
async fn sqlite(work: &mut Work, rows: &mut [LogRow]) -> Result<(), StoreError> {
    for row in rows.iter_mut() {
        if !work.heads.knows(&row.stream) {
            let heads = log::heads_of(work, &row.stream).await?;
            work.heads.learn(&row.stream, heads);
        }
        row.envelope.position = work.heads.next(&row.stream, row.partition);
    }
    work.count_statements(rows.len() as u64);
    let conn = work.sqlite()?;
    let inserted = insert(conn, rows);
    inserted.map_err(|error| work.fail(error.into()))
}

fn insert(conn: &rusqlite::Connection, rows: &mut [LogRow]) -> Result<(), rusqlite::Error> {
    let mut insert = conn.prepare_cached(&format!(
        "INSERT INTO events ({COLUMNS}, position, version) VALUES ({} COALESCE(?17, {} + 1)) RETURNING seq, version",
        (1..=16).map(|at| format!("?{at}, ")).collect::<String>(),
        next_version("?5", "?3", "?4"),
    ))?;
    for row in rows {
        let envelope = &row.envelope;
        let (seq, version) = insert.query_row(
            rusqlite::params![
                envelope.id,
                envelope.type_,
                envelope.aggregate_type,
                envelope.key,
                row.stream,
                row.partition,
                envelope.time_us,
                envelope.schema,
                envelope.content_type,
                envelope.correlation_id,
                envelope.causation_id,
                envelope.trace.traceparent,
                envelope.trace.tracestate,
                extensions(envelope),
                envelope.payload.as_ref(),
                envelope.position.cast_signed(),
                row.expected.map(u64::cast_signed),
            ],
            |answer| Ok((answer.get(0)?, answer.get::<_, i64>(1)?.cast_unsigned())),
        )?;
        row.seq = seq;
        row.envelope.sequence = version;
    }
    Ok(())
}

/// The last version of a key before this statement.
fn next_version(stream: &str, aggregate_type: &str, key: &str) -> String {
    format!(
        "COALESCE((SELECT MAX(e.version) FROM events e WHERE e.stream = {stream} AND e.aggregate_type = {aggregate_type} AND e.key = {key}), 0)"
    )
}

async fn postgres(work: &mut Work, rows: &mut [LogRow]) -> Result<(), StoreError> {
    let offsets = offsets(rows);
    let texts = |get: fn(&LogRow) -> String| Value::Texts(rows.iter().map(get).collect());
    let params = vec![
        texts(|row| row.envelope.id.clone()),
        texts(|row| row.envelope.type_.clone()),
        texts(|row| row.envelope.aggregate_type.clone()),
        texts(|row| row.envelope.key.clone()),
        texts(|row| row.stream.clone()),
        Value::Ints(rows.iter().map(|row| row.partition.into()).collect()),
        Value::Ints(rows.iter().map(|row| row.envelope.time_us).collect()),
        texts(|row| row.envelope.schema.clone()),
        texts(|row| row.envelope.content_type.clone()),
        texts(|row| row.envelope.correlation_id.clone()),
        texts(|row| row.envelope.causation_id.clone()),
        texts(|row| row.envelope.trace.traceparent.clone()),
        texts(|row| row.envelope.trace.tracestate.clone()),
        texts(|row| extensions(&row.envelope)),
        Value::Blobs(rows.iter().map(|row| row.envelope.payload.to_vec()).collect()),
        // 0 = whatever comes next: arrays of NULLs are harder to read than that.
        Value::Ints(rows.iter().map(|row| row.expected.map_or(0, u64::cast_signed)).collect()),
        Value::Ints(offsets),
    ];
    let version = next_version("n.stream", "n.aggregate_type", "n.key");
    let sql = format!(
        "WITH n AS (SELECT * FROM UNNEST($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::bigint[], $8::text[], \
         $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::bytea[], $16::bigint[], $17::bigint[]) WITH ORDINALITY \
         AS n ({COLUMNS}, expected, ahead, at)), \
         added AS (INSERT INTO events ({COLUMNS}, version) SELECT {COLUMNS}, COALESCE(NULLIF(n.expected, 0), {version} + n.ahead) FROM n ORDER BY n.at \
         RETURNING seq, version) \
         SELECT seq, version FROM added"
    );
    let answer = work.rows(&sql, params).await?;
    number(rows, answer)
}

/// Rows come back in any order, but their `seq` rises in the order in which they were given.
fn number(rows: &mut [LogRow], answer: Vec<crate::Row>) -> Result<(), StoreError> {
    let mut numbers =
        answer.iter().map(|row| Ok((row.get::<i64>("seq")?, row.get::<u64>("version")?))).collect::<Result<Vec<_>, StoreError>>()?;
    numbers.sort_unstable();
    for (row, (seq, version)) in rows.iter_mut().zip(numbers) {
        row.seq = seq;
        row.envelope.sequence = version;
    }
    Ok(())
}
