//! The job's statements on Postgres, all of them over sets.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::LazyLock;

use anyhow::{Result, ensure};
use contracts::Contract;
use contracts::orders::v1::OrderStatusUpdated;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Executor as _, PgConnection, Row as _};

use super::intake::Event;
use super::outgoing::FollowOn;
use super::{Once, Step};
use crate::input;
use crate::node::SERVICE;

const TOTALS: &str = "INSERT INTO totals (key, total) SELECT * FROM UNNEST($1::text[], $2::bigint[]) \
                      ON CONFLICT (key) DO UPDATE SET total = totals.total + excluded.total";
const POSITIONS: &str = "INSERT INTO positions (consumer, source, stream, partition, position, previous) \
                         SELECT 'control', $1, $2, n.* FROM UNNEST($3::bigint[], $4::bigint[], $5::bigint[]) AS n \
                         ON CONFLICT (consumer, source, stream, partition) DO UPDATE SET position = excluded.position, previous = excluded.previous \
                         WHERE positions.position = excluded.previous";
/// `waiting` = rows for the outbox, too.
fn events(waiting: &str) -> String {
    format!(
        "WITH n AS (SELECT * FROM UNNEST($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::bytea[], \
         $9::bigint[]) WITH ORDINALITY AS n (id, key, partition, time_us, correlation_id, causation_id, traceparent, payload, ahead, at)), \
         added AS (INSERT INTO events (id, type, aggregate_type, key, version, stream, partition, time_us, schema, content_type, \
         correlation_id, causation_id, traceparent, tracestate, extensions, payload) \
         SELECT id, $10, $11, key, COALESCE((SELECT MAX(e.version) FROM events e WHERE e.stream = $12 AND e.aggregate_type = $11 \
         AND e.key = n.key), 0) + ahead, $12, partition, time_us, $13, $14, correlation_id, causation_id, traceparent, '', '', payload \
         FROM n ORDER BY at RETURNING seq, version, partition){waiting} \
         SELECT seq, version FROM added ORDER BY seq"
    )
}
static EVENTS: LazyLock<String> = LazyLock::new(|| events(""));
static EVENTS_AND_OUTBOX: LazyLock<String> =
    LazyLock::new(|| events(", waiting AS (INSERT INTO outbox (event_seq, stream, partition) SELECT seq, $12, partition FROM added)"));

pub(super) fn options(url: &str, service: &str) -> Result<PgConnectOptions> {
    Ok(url.parse::<PgConnectOptions>()?.options([("search_path", service)]).disable_statement_logging())
}

/// The consumer's connection.
pub(super) struct Tables {
    conn: PgConnection,
    /// Where there is no other writer.
    given: Option<Given>,
}

impl Tables {
    pub(super) async fn connect(url: &str, service: &str, one_writer: bool) -> Result<Self> {
        Ok(Self { conn: options(url, service)?.connect().await?, given: one_writer.then(Given::default) })
    }

    pub(super) async fn plain(&mut self, events: &[Event], sent: Vec<String>) -> Result<Vec<FollowOn>> {
        self.conn.execute(sqlx::raw_sql("BEGIN")).await?;
        let events = self.unseen(events).await?;
        totals(&mut self.conn, &events).await?;
        let rows: Vec<FollowOn> = events.into_iter().map(FollowOn::of).collect();
        let sql = "INSERT INTO follow_ons (id, subject, payload) SELECT * FROM UNNEST($1::text[], $2::text[], $3::bytea[])";
        let (ids, subjects): (Vec<_>, Vec<_>) = rows.iter().map(|row| (row.id.as_str(), row.subject())).unzip();
        let payloads: Vec<&[u8]> = rows.iter().map(|row| row.payload.as_ref()).collect();
        sqlx::query(sql).bind(ids).bind(subjects).bind(payloads).execute(&mut self.conn).await?;
        if !sent.is_empty() {
            sqlx::query("DELETE FROM follow_ons WHERE id = ANY($1)").bind(sent).execute(&mut self.conn).await?;
        }
        self.conn.execute(sqlx::raw_sql("COMMIT")).await?;
        Ok(rows)
    }

    /// Those whose ids are new.
    async fn unseen<'a>(&mut self, events: &'a [Event]) -> Result<Vec<&'a Event>> {
        let mut ids: Vec<&str> = events.iter().map(|event| event.id.as_str()).collect();
        ids.sort_unstable();
        let sql = "INSERT INTO inbox (consumer, id) SELECT 'control', id FROM UNNEST($1::text[]) AS id ON CONFLICT DO NOTHING RETURNING id";
        let new: Vec<String> = sqlx::query_scalar(sql).bind(ids).fetch_all(&mut self.conn).await?;
        let mut new: HashSet<&str> = new.iter().map(String::as_str).collect();
        Ok(events.iter().filter(|event| new.remove(event.id.as_str())).collect())
    }

    pub(super) async fn same(&mut self, events: &[Event], once: Once<'_>) -> Result<Vec<FollowOn>> {
        self.conn.execute(sqlx::raw_sql("BEGIN")).await?;
        let events = match once {
            Once::Inbox => self.unseen(events).await?,
            Once::Positions(steps) => {
                let of = |get: fn(&Step) -> i64| steps.iter().map(get).collect::<Vec<_>>();
                let query = sqlx::query(POSITIONS).bind(input::SOURCE).bind(input::STREAM);
                let query = query.bind(of(|step| step.partition)).bind(of(|step| step.position)).bind(of(|step| step.previous));
                ensure!(query.execute(&mut self.conn).await?.rows_affected() == steps.len() as u64, "another reader");
                events.iter().collect()
            }
        };
        totals(&mut self.conn, &events).await?;
        let mut rows: Vec<FollowOn> = events.into_iter().map(FollowOn::of).collect();
        self.insert(&mut rows).await?;
        self.conn.execute(sqlx::raw_sql("COMMIT")).await?;
        Ok(rows)
    }

    pub(super) async fn append(&mut self, rows: &mut [FollowOn]) -> Result<()> {
        self.conn.execute(sqlx::raw_sql("BEGIN")).await?;
        self.insert(rows).await?;
        self.conn.execute(sqlx::raw_sql("COMMIT")).await?;
        Ok(())
    }

    async fn insert(&mut self, rows: &mut [FollowOn]) -> Result<()> {
        let Some(given) = &mut self.given else { return insert(&mut self.conn, rows, &EVENTS_AND_OUTBOX).await };
        insert(&mut self.conn, rows, &EVENTS).await?;
        given.publish(&mut self.conn, rows).await
    }
}

async fn totals(conn: &mut PgConnection, events: &[&Event]) -> Result<()> {
    let mut sums: BTreeMap<&str, i64> = BTreeMap::new();
    for event in events {
        *sums.entry(&event.key).or_default() += event.amount;
    }
    let (keys, sums): (Vec<_>, Vec<_>) = sums.into_iter().unzip();
    sqlx::query(TOTALS).bind(keys).bind(sums).execute(conn).await?;
    Ok(())
}

async fn insert(conn: &mut PgConnection, rows: &mut [FollowOn], sql: &'static str) -> Result<()> {
    let mut seen: HashMap<&str, i64> = HashMap::new();
    let ahead: Vec<i64> = rows
        .iter()
        .map(|row| {
            let ahead = seen.entry(&row.key).or_default();
            *ahead += 1;
            *ahead
        })
        .collect();
    let texts = |get: fn(&FollowOn) -> &str| rows.iter().map(get).collect::<Vec<_>>();
    let query = sqlx::query(AssertSqlSafe(sql))
        .bind(texts(|row| &row.id))
        .bind(texts(|row| &row.key))
        .bind(rows.iter().map(|row| i64::from(row.partition)).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.time_us).collect::<Vec<_>>())
        .bind(texts(|row| &row.correlation))
        .bind(texts(|row| &row.causation))
        .bind(texts(|row| &row.traceparent))
        .bind(rows.iter().map(|row| row.payload.as_ref()).collect::<Vec<&[u8]>>())
        .bind(ahead)
        .bind(OrderStatusUpdated::TYPE)
        .bind(OrderStatusUpdated::AGGREGATE)
        .bind(input::OUTPUT)
        .bind(OrderStatusUpdated::SCHEMA)
        .bind(messaging::PROTOBUF);
    let numbers = query.fetch_all(conn).await?;
    for (row, numbers) in rows.iter_mut().zip(numbers) {
        (row.seq, row.version) = (numbers.try_get(0)?, numbers.try_get(1)?);
    }
    Ok(())
}

/// The last numbers.
#[derive(Default)]
struct Given {
    heads: HashMap<u32, i64>,
    seq: i64,
}

impl Given {
    /// Gives positions and writes them down.
    async fn publish(&mut self, conn: &mut PgConnection, rows: &mut [FollowOn]) -> Result<()> {
        for row in rows.iter_mut() {
            let head = self.heads.entry(row.partition).or_default();
            *head += 1;
            row.position = *head;
        }
        let of = |get: fn(&FollowOn) -> i64| rows.iter().map(get).collect::<Vec<_>>();
        let first = self.seq + 1;
        self.seq += i64::try_from(rows.len())?;
        let sql = "INSERT INTO publications (seq, stream, partition, position, event_seq) \
                   SELECT n.seq, $1, n.partition, n.position, n.event_seq \
                   FROM UNNEST($2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[]) AS n (seq, partition, position, event_seq)";
        let query = sqlx::query(sql).bind(input::OUTPUT).bind((first..=self.seq).collect::<Vec<_>>());
        let query = query.bind(of(|row| row.partition.into())).bind(of(|row| row.position)).bind(of(|row| row.seq));
        query.execute(conn).await?;
        Ok(())
    }
}

/// The relay's connection: gives positions where several may append.
pub(super) struct Numbers {
    conn: PgConnection,
    given: Given,
}

impl Numbers {
    pub(super) async fn connect(url: &str) -> Result<Self> {
        Ok(Self { conn: options(url, SERVICE)?.connect().await?, given: Given::default() })
    }

    /// Out of the outbox, into the publications.
    pub(super) async fn number(&mut self, rows: &mut [FollowOn]) -> Result<()> {
        self.conn.execute(sqlx::raw_sql("BEGIN")).await?;
        let taken: Vec<i64> = rows.iter().map(|row| row.seq).collect();
        sqlx::query("DELETE FROM outbox WHERE event_seq = ANY($1)").bind(taken).execute(&mut self.conn).await?;
        self.given.publish(&mut self.conn, rows).await?;
        self.conn.execute(sqlx::raw_sql("COMMIT")).await?;
        Ok(())
    }
}
