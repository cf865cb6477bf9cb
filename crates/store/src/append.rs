//! Appending to the log: row by row on SQLite, where that is quickest, and set-based on Postgres, where each statement is a round trip.

use std::sync::LazyLock;

use messaging::{Envelope, MAX_PAYLOAD, is_token};
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, Executor as _, Row as _};

use crate::StoreError;
use crate::bulk::unnest;
use crate::conn::Dialect;
use crate::heads::Heads;
use crate::log::{self, LogRow};
use crate::versions::Next;
use crate::work::{Emit, Work};

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
    let Envelope { id, type_, aggregate_type, key, schema, content_type, correlation_id, causation_id, trace, payload, .. } =
        row.envelope.as_ref();
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
    // A row and the look for its version count as one.
    work.count_statements(rows.len() as u64);
    let mut heads = std::mem::take(&mut work.heads);
    let inserted = work.sqlite().and_then(|conn| insert(conn, &mut heads, rows).map_err(StoreError::from));
    work.heads = heads;
    inserted.map_err(|error| work.fail(error))
}

static LAST: LazyLock<String> = LazyLock::new(|| format!("SELECT {}", last_version("?1", "?2", "?3")));
// Without RETURNING: SQLite makes a table for each statement that has it.
static INSERT: LazyLock<String> = LazyLock::new(|| {
    let values: Vec<String> = (1..=17).map(|at| format!("?{at}")).collect();
    format!("INSERT INTO events ({COLUMNS}, position, version) VALUES ({})", values.join(", "))
});

fn insert(conn: &rusqlite::Connection, heads: &mut Heads, rows: &mut [LogRow]) -> Result<(), rusqlite::Error> {
    let mut insert = conn.prepare_cached(&INSERT)?;
    for row in rows {
        let envelope = &row.envelope;
        let key = row.of_key();
        let last = match heads.version(key) {
            None if row.expected.is_none() => {
                let last = conn.prepare_cached(&LAST)?.query_row(key, |answer| answer.get(0))?;
                heads.learn_version(key, last);
                Some(last)
            }
            known => known,
        };
        let version = match row.expected {
            Some(version) => version.cast_signed(),
            None => last.unwrap_or_default() + 1,
        };
        insert.execute(rusqlite::params![
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
            version,
        ])?;
        heads.reach_version(key, version);
        row.seq = conn.last_insert_rowid();
        row.envelope.sequence = version.cast_unsigned();
    }
    Ok(())
}

/// The last version of a key before this statement.
fn last_version(stream: &str, aggregate_type: &str, key: &str) -> String {
    format!(
        "COALESCE((SELECT MAX(e.version) FROM events e WHERE e.stream = {stream} AND e.aggregate_type = {aggregate_type} AND e.key = {key}), 0)"
    )
}

// The last number that the log gave out is read once, with the first row, before that row takes one.
static POSTGRES: LazyLock<String> = LazyLock::new(|| {
    let mut types = ["text"; 17];
    (types[5], types[6], types[14], types[15], types[16]) = ("bigint", "bigint", "bytea", "bigint", "bigint");
    format!(
        "WITH n AS (SELECT * FROM {} WITH ORDINALITY AS n ({COLUMNS}, next, ahead, at)), \
         given AS MATERIALIZED (SELECT last_value FROM events_seq_seq), \
         added AS (INSERT INTO events ({COLUMNS}, version) \
         SELECT {COLUMNS}, COALESCE(CASE WHEN n.ahead = 0 OR given.last_value = $18 THEN NULLIF(n.next, 0) END, {} + n.ahead) \
         FROM n CROSS JOIN given ORDER BY n.at RETURNING seq, version) \
         SELECT ARRAY_AGG(seq ORDER BY seq), ARRAY_AGG(version ORDER BY seq) FROM added",
        unnest(1, &types),
        last_version("n.stream", "n.aggregate_type", "n.key")
    )
});

async fn postgres(work: &mut Work, rows: &mut [LogRow]) -> Result<(), StoreError> {
    let Some(loan) = work.loan.take() else { return Err(StoreError::Refused("not a Postgres store".to_owned())) };
    let Next { versions, ahead, own } = loan.next(rows);
    let query = {
        let texts = |get: fn(&LogRow) -> &str| rows.iter().map(get).collect::<Vec<&str>>();
        sqlx::query(AssertSqlSafe(POSTGRES.as_str()))
            .bind(texts(|row| &row.envelope.id))
            .bind(texts(|row| &row.envelope.type_))
            .bind(texts(|row| &row.envelope.aggregate_type))
            .bind(texts(|row| &row.envelope.key))
            .bind(texts(|row| &row.stream))
            .bind(rows.iter().map(|row| row.partition.into()).collect::<Vec<i64>>())
            .bind(rows.iter().map(|row| row.envelope.time_us).collect::<Vec<_>>())
            .bind(texts(|row| &row.envelope.schema))
            .bind(texts(|row| &row.envelope.content_type))
            .bind(texts(|row| &row.envelope.correlation_id))
            .bind(texts(|row| &row.envelope.causation_id))
            .bind(texts(|row| &row.envelope.trace.traceparent))
            .bind(texts(|row| &row.envelope.trace.tracestate))
            .bind(rows.iter().map(|row| extensions(&row.envelope)).collect::<Vec<_>>())
            .bind(rows.iter().map(|row| row.envelope.payload.as_ref()).collect::<Vec<&[u8]>>())
            // 0 in place of NULL: arrays of NULLs are harder to read than that.
            .bind(versions)
            .bind(ahead)
            .bind(own)
    };
    work.count_statements(1);
    let answer = work.postgres()?.fetch_one(query).await;
    let numbered = answer.and_then(|answer| number(rows, &answer));
    if numbered.is_ok() {
        loan.numbered(rows);
    }
    work.loan = Some(loan);
    numbered.map_err(|error| work.fail(error.into()))
}

/// `seq` rises in the order in which the rows were given. One row of arrays, not a row for each.
fn number(rows: &mut [LogRow], answer: &PgRow) -> Result<(), sqlx::Error> {
    let (seqs, versions): (Vec<i64>, Vec<i64>) = (answer.try_get(0)?, answer.try_get(1)?);
    for (row, (seq, version)) in rows.iter_mut().zip(seqs.into_iter().zip(versions)) {
        row.seq = seq;
        row.envelope.sequence = version.cast_unsigned();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_version_of_a_key_is_found_by_its_index_alone() {
        let conn = rusqlite::Connection::open_in_memory().unwrap();
        for step in [
            include_str!("../migrations/sqlite/0001_core.sql"),
            include_str!("../migrations/sqlite/0005_streams.sql"),
            include_str!("../migrations/0006_of_key.sql"),
        ] {
            conn.execute_batch(step).unwrap();
        }
        let mut explained = conn.prepare(&format!("EXPLAIN QUERY PLAN {}", *LAST)).unwrap();
        let plan: Vec<String> = explained.query_map(["", "", ""], |row| row.get("detail")).unwrap().map(Result::unwrap).collect();
        let search = "SEARCH e USING COVERING INDEX events_of_key (key=? AND stream=? AND aggregate_type=?)";
        assert!(plan.iter().any(|step| step == search), "{plan:?}");
    }
}
