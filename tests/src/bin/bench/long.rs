//! A store whose log is long already: ten million events of orders that are over, made once for a run.

use std::time::Instant;

use anyhow::{Context as _, Result};
use contracts::orders::v1::OrderStatusUpdated;
use contracts::{Contract, Kind};
use messaging::{partition_of, stream_of};
use prost::{Message as _, Name as _};
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Executor as _};
use store::{Clock, Place, Store, StoreError, log, params};

use crate::input;
use crate::node::{SERVICE, TABLES};
use crate::totals::follow_on;

/// Events in the log before the first loop.
pub(crate) const ROWS: u64 = 10_000_000;
/// Rows of one statement.
const STEP: u64 = 500_000;
/// Keeps the last of them: the stream's end, by which a relay knows where it is.
const LAST: &str = "last";

/// Writes the log. Four events an order, one order after the other, sixteen partitions.
pub(crate) async fn make(place: &Place) -> Result<()> {
    let begun = Instant::now();
    Store::open(place, SERVICE, TABLES, Clock::system()).await?.close().await;
    let last_position = ROWS / 4 + 1;
    let values = |n: &str, uuid: &str, key: &str, order: &str| {
        format!(
            "{n}, {uuid}, '{type_}', '{aggregate}', {key}, {n} % 4 + 1, '{stream}', {order} % 16, ({order} / 16) * 4 + {n} % 4 + 1, 1600000000000000 + {n}, \
             '{schema}', 'application/protobuf', {uuid}, {uuid}, '', '', ''",
            type_ = OrderStatusUpdated::TYPE,
            aggregate = OrderStatusUpdated::AGGREGATE,
            stream = input::OUTPUT,
            schema = OrderStatusUpdated::full_name(),
        )
    };
    let columns = "seq, id, type, aggregate_type, key, version, stream, partition, position, time_us, schema, content_type, correlation_id, \
                   causation_id, traceparent, tracestate, extensions";
    let payload = follow_on("order-00000000").encode_to_vec().iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let last = format!(
        "SELECT {ROWS}, '01920000-0000-7000-8000-ffffffffffff', '{}', '{}', '{LAST}', 1, '{}', {}, {last_position}, 1600000000000000, '{}', \
         'application/protobuf', '', '', '', '', ''",
        OrderStatusUpdated::TYPE,
        OrderStatusUpdated::AGGREGATE,
        input::OUTPUT,
        partition_of(LAST),
        OrderStatusUpdated::full_name(),
    );
    match place {
        Place::Sqlite { folder } => {
            let mut conn = SqliteConnectOptions::new().filename(folder.join(format!("{SERVICE}.db"))).connect().await?;
            conn.execute("PRAGMA synchronous = OFF; PRAGMA cache_size = -262144").await?;
            let row = values("n", "printf('01920000-0000-7000-8000-%012x', n)", "printf('order-%08d', n / 4)", "(n / 4)");
            for from in (0..ROWS).step_by(STEP as usize) {
                let sql = format!(
                    "WITH RECURSIVE n(n) AS (VALUES ({from}) UNION ALL SELECT n + 1 FROM n WHERE n < {}) \
                     INSERT INTO events ({columns}, payload) SELECT {row}, x'{payload}' FROM n",
                    from + STEP - 1
                );
                conn.execute(AssertSqlSafe(sql)).await?;
                said(begun, from + STEP);
            }
            conn.execute(AssertSqlSafe(format!("INSERT INTO events ({columns}, payload) {last}, x'{payload}'"))).await?;
            conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").await?;
            sqlx::Connection::close(conn).await?;
            // Now, and not while the first loop runs.
            std::fs::File::open(folder.join(format!("{SERVICE}.db")))?.sync_all()?;
        }
        Place::Postgres { url, prefix } => {
            let options: PgConnectOptions = url.parse()?;
            let mut conn = options.options([("search_path", format!("{prefix}{SERVICE}"))]).connect().await?;
            let row =
                values("n", "'01920000-0000-7000-8000-' || lpad(to_hex(n), 12, '0')", "'order-' || lpad((n / 4)::text, 8, '0')", "(n / 4)");
            let both = |rows: &str| {
                let events = columns.replace("position, ", "");
                let numbers = "seq, stream, partition, position, seq";
                format!(
                    "WITH r ({columns}, payload) AS ({rows}), \
                     e AS (INSERT INTO events ({events}, payload) OVERRIDING SYSTEM VALUE SELECT {events}, payload FROM r) \
                     INSERT INTO publications (seq, stream, partition, position, event_seq) SELECT {numbers} FROM r"
                )
            };
            for from in (0..ROWS).step_by(STEP as usize) {
                let to = from + STEP - 1;
                let rows = format!("SELECT {row}, '\\x{payload}'::bytea FROM generate_series({from}::bigint, {to}) AS n");
                conn.execute(AssertSqlSafe(both(&rows))).await?;
                said(begun, from + STEP);
            }
            conn.execute(AssertSqlSafe(both(&format!("{last}, '\\x{payload}'::bytea")))).await?;
            conn.execute(AssertSqlSafe(set_seq())).await?;
            conn.execute("VACUUM ANALYZE events").await?;
            conn.execute("VACUUM ANALYZE publications").await?;
            conn.execute("CHECKPOINT").await?;
        }
    }
    eprintln!();
    Ok(())
}

/// The next event comes behind the log's last.
fn set_seq() -> String {
    format!("SELECT setval(pg_get_serial_sequence('events', 'seq'), {ROWS})")
}

fn said(begun: Instant, rows: u64) {
    eprint!("\ra log of {ROWS} events: {rows} after {:.0} s ", begun.elapsed().as_secs_f64());
}

/// Before a loop: what the one before left goes, and the stream ends with the log's last message, as its relay left it. What a loop appended has
/// to go too: the next one gives the same ids, and the broker would take the last of them for a repeat.
pub(crate) async fn renew(place: &Place, url: &str) -> Result<()> {
    let store = Store::open(place, SERVICE, TABLES, Clock::system()).await?;
    let mut statements: Vec<String> =
        ["totals", "follow_ons", "inbox", "positions", "cursors", "relay_cursors"].map(|table| format!("DELETE FROM {table}")).into();
    statements.push(format!("DELETE FROM events WHERE seq > {ROWS}"));
    if let Place::Postgres { .. } = place {
        statements.push(format!("DELETE FROM publications WHERE seq > {ROWS}"));
        statements.push("DELETE FROM outbox".to_owned());
    }
    let cleared = store.write::<_, StoreError, _>(|work| {
        Box::pin(async move {
            for sql in &statements {
                work.execute(sql, params![]).await?;
            }
            Ok(())
        })
    });
    cleared.await?;
    if let Place::Postgres { url, prefix } = place {
        // What was deleted stays in the indexes otherwise, being so little of the whole.
        let options: PgConnectOptions = url.parse()?;
        let mut conn = options.options([("search_path", format!("{prefix}{SERVICE}"))]).connect().await?;
        for table in ["events", "publications", "totals", "inbox", "positions"] {
            conn.execute(AssertSqlSafe(format!("VACUUM (INDEX_CLEANUP ON) {table}"))).await?;
        }
        conn.execute(AssertSqlSafe(set_seq())).await?;
        conn.execute("CHECKPOINT").await?;
    }
    let stream = stream_of(Kind::Event, "order");
    anyhow::ensure!(stream == input::OUTPUT, "the follow-ons go to {stream}");
    let last = log::last(&store, &stream).await?;
    let row = log::after(&store, &stream, last - 1, 1).await?.pop().context("the log's last message")?;
    store.close().await;
    let context = async_nats::jetstream::new(async_nats::connect(url).await?);
    let mut acks = std::collections::VecDeque::new();
    input::publish(&context, &row.envelope, &row.envelope.id, &mut acks).await?;
    for ack in acks {
        ack.await?;
    }
    Ok(())
}
