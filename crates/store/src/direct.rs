//! SQLite's statements, run where they are called: handing each to a thread and waiting for it costs 12 µs of processor time (sqlx 0.9,
//! measured; the statement itself took 0.3), and most statements are as small as that.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::types::{ToSqlOutput, Value as Stored, ValueRef};
use rusqlite::{CachedStatement, Connection, OpenFlags, ToSql};

use crate::StoreError;
use crate::value::{Params, Row, Value, encode_error};

/// Statements kept prepared.
const PREPARED: usize = 256;

/// How long to wait for somebody else's lock on the file.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// Opens the file for writing, as durable as it can be.
pub(crate) fn writer(path: &Path) -> Result<Connection, StoreError> {
    let conn = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    // The cache's default of 2 MB makes every batch of a grown log read pages again; four times that holds what a batch needs of ten million rows, and
    // SQLite walks over all of it in many a commit (its way to put pages in order as it balances a tree). What savepoints keep of a page goes to a file
    // from 64 kB on otherwise (7 % of all samples with 64 callers). Writing back the WAL, at its default of 1,000 pages, was a seventh of a busy writer's time.
    conn.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA cache_size = -8192; PRAGMA temp_store = MEMORY; \
         PRAGMA wal_autocheckpoint = 8192",
    )?;
    Ok(conn)
}

/// Opens the file for reading beside the writer.
pub(crate) fn reader(path: &Path) -> Result<Connection, StoreError> {
    open(path, OpenFlags::SQLITE_OPEN_READ_ONLY)
}

fn open(path: &Path, access: OpenFlags) -> Result<Connection, StoreError> {
    let conn = Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    // A LIMIT that is a parameter would be looked at when the statement is planned, and the statement planned again for each value that it is
    // given, the same one included (a 25th of the processor time of whole orders, measured).
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    conn.busy_timeout(PATIENCE)?;
    conn.set_prepared_statement_cache_capacity(PREPARED);
    Ok(conn)
}

/// BEGIN and the like; several in one text are not kept prepared.
pub(crate) fn control(conn: &Connection, sql: &str) -> Result<(), StoreError> {
    if sql.contains(';') {
        return Ok(conn.execute_batch(sql)?);
    }
    conn.prepare_cached(sql)?.raw_execute()?;
    Ok(())
}

pub(crate) fn execute(conn: &Connection, sql: &str, params: Params) -> Result<u64, StoreError> {
    let mut statement = prepared(conn, sql, params)?;
    let mut rows = statement.raw_query();
    while rows.next()?.is_some() {}
    Ok(conn.changes())
}

pub(crate) fn rows(conn: &Connection, sql: &str, params: Params) -> Result<Vec<Row>, StoreError> {
    let mut statement = prepared(conn, sql, params)?;
    let names: Arc<[String]> = statement.column_names().into_iter().map(str::to_owned).collect();
    let mut answer = Vec::new();
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next()? {
        let values = (0..names.len()).map(|at| row.get(at)).collect::<Result<Vec<Stored>, _>>()?;
        answer.push(Row::Sqlite(names.clone(), values));
    }
    Ok(answer)
}

/// A prepared statement with its parameters: `$1` and `?1` say which they mean, a plain `?` means the next.
fn prepared<'a>(conn: &'a Connection, sql: &str, params: Params) -> Result<CachedStatement<'a>, StoreError> {
    let mut statement = conn.prepare_cached(sql)?;
    let mut next = 0;
    for at in 1..=statement.parameter_count() {
        let given = match statement.parameter_name(at) {
            Some(name) => name[1..].parse::<usize>().map_err(|_| encode_error(format!("`{name}`: parameters are numbered")))?,
            None => next + 1,
        };
        next = given;
        let value = given.checked_sub(1).and_then(|at| params.get(at)).ok_or_else(|| encode_error(format!("${given} is not given")))?;
        statement.raw_bind_parameter(at, Bound(value))?;
    }
    Ok(statement)
}

/// As the database takes it, without a copy.
struct Bound<'a>(&'a Value);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let refused = |why: &'static str| rusqlite::Error::ToSqlConversionFailure(why.into());
        Ok(ToSqlOutput::Borrowed(match self.0 {
            // Postgres has no place for it; then nobody has.
            Value::Text(Some(text)) if text.contains('\0') => return Err(refused("text with a NUL character")),
            Value::Text(Some(text)) => ValueRef::Text(text.as_bytes()),
            Value::Int(Some(int)) => ValueRef::Integer(*int),
            Value::Real(Some(real)) => ValueRef::Real(*real),
            Value::Bytes(Some(bytes)) => ValueRef::Blob(bytes),
            Value::Text(None) | Value::Int(None) | Value::Real(None) | Value::Bytes(None) => ValueRef::Null,
            Value::Texts(_) | Value::Ints(_) => return Err(refused("SQLite has no arrays")),
        }))
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::StatementStatus;

    use super::*;
    use crate::params;

    #[test]
    fn a_statement_is_planned_once_whatever_its_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("limits.db");
        Connection::open(&path)
            .unwrap()
            .execute_batch("CREATE TABLE t (a INTEGER PRIMARY KEY); INSERT INTO t VALUES (1), (2), (3)")
            .unwrap();
        for conn in [writer(&path).unwrap(), reader(&path).unwrap()] {
            let sql = "SELECT a FROM t WHERE a >= $1 ORDER BY a LIMIT $2";
            for limit in [1_i64, 2, 2] {
                assert_eq!(rows(&conn, sql, params![1_i64, limit]).unwrap().len(), usize::try_from(limit).unwrap());
            }
            assert_eq!(conn.prepare_cached(sql).unwrap().get_status(StatementStatus::RePrepare), 0);
        }
    }
}
