//! The job's statements on SQLite: one connection, full durability, sets as JSON or as many rows of values.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use anyhow::{Result, ensure};
use messaging::partition_of;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Executor as _, Row as _, SqliteConnection};

use super::intake::Event;
use super::outgoing::{FollowOn, Sort};
use super::{Once, Step};
use crate::input;

const TOTALS: &str = "INSERT INTO totals (key, total) SELECT value ->> 0, value ->> 1 FROM json_each(?) WHERE true \
                      ON CONFLICT (key) DO UPDATE SET total = totals.total + excluded.total";
const POSITIONS: &str = "INSERT INTO positions (consumer, source, stream, partition, position, previous) \
                         SELECT 'control', ?, ?, value ->> 0, value ->> 1, value ->> 2 FROM json_each(?) WHERE true \
                         ON CONFLICT (consumer, source, stream, partition) DO UPDATE SET position = excluded.position, previous = excluded.previous \
                         WHERE positions.position = excluded.previous";

pub(super) fn options(file: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(file)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .pragma("cache_size", "-8192")
        .statement_cache_capacity(256)
        .disable_statement_logging()
}

/// What goes into one transaction of a service.
#[derive(Default)]
pub(super) struct Waiting {
    pub(super) requests: Vec<String>,
    /// How far each log was read, known by one of its events.
    pub(super) read: Vec<(&'static Sort, Vec<Step>)>,
    pub(super) effects: Vec<Event>,
    pub(super) rows: Vec<FollowOn>,
    /// What somebody else wrote and is only kept.
    pub(super) copies: Vec<FollowOn>,
}

/// The one writer.
pub(super) struct Tables {
    conn: SqliteConnection,
    heads: HashMap<u32, i64>,
}

impl Tables {
    pub(super) async fn connect(file: &Path) -> Result<Self> {
        Ok(Self { conn: options(file).connect().await?, heads: HashMap::new() })
    }

    pub(super) async fn plain(&mut self, events: &[Event], sent: Vec<String>) -> Result<Vec<FollowOn>> {
        self.conn.execute(sqlx::raw_sql("BEGIN IMMEDIATE")).await?;
        let events = self.unseen(events).await?;
        self.totals(&events).await?;
        let rows: Vec<FollowOn> = events.into_iter().map(FollowOn::of).collect();
        self.keep(&rows).await?;
        if !sent.is_empty() {
            let sql = "DELETE FROM follow_ons WHERE id IN (SELECT value FROM json_each(?))";
            sqlx::query(sql).bind(serde_json::to_string(&sent)?).execute(&mut self.conn).await?;
        }
        self.conn.execute(sqlx::raw_sql("COMMIT")).await?;
        Ok(rows)
    }

    async fn keep(&mut self, rows: &[FollowOn]) -> Result<()> {
        for chunk in rows.chunks(256) {
            let sql = format!("INSERT INTO follow_ons (id, subject, payload) VALUES {}", vec!["(?, ?, ?)"; chunk.len()].join(", "));
            let mut query = sqlx::query(AssertSqlSafe(sql));
            for row in chunk {
                query = query.bind(&row.id).bind(row.subject()).bind(row.payload.as_ref());
            }
            query.execute(&mut self.conn).await?;
        }
        Ok(())
    }

    /// Those whose ids are new.
    async fn unseen<'a>(&mut self, events: &'a [Event]) -> Result<Vec<&'a Event>> {
        let ids: Vec<&str> = events.iter().map(|event| event.id.as_str()).collect();
        let sql =
            "INSERT INTO inbox (consumer, id) SELECT 'control', value FROM json_each(?) WHERE true ON CONFLICT DO NOTHING RETURNING id";
        let new: Vec<String> = sqlx::query_scalar(sql).bind(serde_json::to_string(&ids)?).fetch_all(&mut self.conn).await?;
        let mut new: HashSet<&str> = new.iter().map(String::as_str).collect();
        Ok(events.iter().filter(|event| new.remove(event.id.as_str())).collect())
    }

    pub(super) async fn same(&mut self, events: &[Event], once: Once<'_>) -> Result<Vec<FollowOn>> {
        self.conn.execute(sqlx::raw_sql("BEGIN IMMEDIATE")).await?;
        let events = match once {
            Once::Inbox => self.unseen(events).await?,
            Once::Positions(steps) => {
                self.moved(input::SOURCE, input::STREAM, steps).await?;
                events.iter().collect()
            }
        };
        self.totals(&events).await?;
        let mut rows: Vec<FollowOn> = events.into_iter().map(FollowOn::of).collect();
        self.insert(&mut rows).await?;
        self.conn.execute(sqlx::raw_sql("COMMIT")).await?;
        Ok(rows)
    }

    async fn moved(&mut self, source: &str, stream: &str, steps: &[Step]) -> Result<()> {
        let moves: Vec<[i64; 3]> = steps.iter().map(|step| [step.partition, step.position, step.previous]).collect();
        let query = sqlx::query(POSITIONS).bind(source).bind(stream).bind(serde_json::to_string(&moves)?);
        ensure!(query.execute(&mut self.conn).await?.rows_affected() == steps.len() as u64, "another reader");
        Ok(())
    }

    /// All that a service has waiting, calls and events of several logs, in one transaction.
    pub(super) async fn all(&mut self, waiting: &mut Waiting) -> Result<()> {
        self.conn.execute(sqlx::raw_sql("BEGIN IMMEDIATE")).await?;
        if !waiting.requests.is_empty() {
            self.requests("place", &waiting.requests).await?;
        }
        for (log, steps) in &waiting.read {
            self.moved(log.source, log.stream, steps).await?;
        }
        self.totals(&waiting.effects.iter().collect::<Vec<_>>()).await?;
        self.insert(&mut waiting.rows).await?;
        self.keep(&waiting.copies).await?;
        self.conn.execute(sqlx::raw_sql("COMMIT")).await?;
        Ok(())
    }

    async fn requests(&mut self, method: &str, ids: &[String]) -> Result<()> {
        let sql = "INSERT INTO requests (method, request_id, digest, answer, at_us) SELECT ?, value, '', x'00', 0 FROM json_each(?)";
        sqlx::query(sql).bind(method).bind(serde_json::to_string(ids)?).execute(&mut self.conn).await?;
        Ok(())
    }

    pub(super) async fn append(&mut self, rows: &mut [FollowOn]) -> Result<()> {
        self.conn.execute(sqlx::raw_sql("BEGIN IMMEDIATE")).await?;
        self.insert(rows).await?;
        self.conn.execute(sqlx::raw_sql("COMMIT")).await?;
        Ok(())
    }

    async fn totals(&mut self, events: &[&Event]) -> Result<()> {
        let mut sums: BTreeMap<&str, i64> = BTreeMap::new();
        for event in events {
            *sums.entry(&event.key).or_default() += event.amount;
        }
        let sums: Vec<(&str, i64)> = sums.into_iter().collect();
        sqlx::query(TOTALS).bind(serde_json::to_string(&sums)?).execute(&mut self.conn).await?;
        Ok(())
    }

    /// One writer, so the position is given at the append itself.
    async fn insert(&mut self, rows: &mut [FollowOn]) -> Result<()> {
        for row in rows.iter_mut() {
            let head = self.heads.entry(row.partition).or_default();
            *head += 1;
            row.position = *head;
        }
        for chunk in rows.chunks_mut(256) {
            let one = "(?, ?, ?, ?, COALESCE((SELECT MAX(e.version) FROM events e WHERE e.stream = ? AND e.aggregate_type = ? AND e.key = ?), 0) + ?, \
                       ?, ?, ?, ?, ?, ?, ?, ?, ?, '', '', ?)";
            let sql = format!(
                "INSERT INTO events (id, type, aggregate_type, key, version, stream, partition, position, time_us, schema, content_type, \
                 correlation_id, causation_id, traceparent, tracestate, extensions, payload) VALUES {} RETURNING seq, version",
                vec![one; chunk.len()].join(", ")
            );
            let mut seen: HashMap<&str, i64> = HashMap::new();
            let mut query = sqlx::query(AssertSqlSafe(sql));
            for row in chunk.iter() {
                let ahead = seen.entry(&row.key).or_default();
                *ahead += 1;
                query = query.bind(&row.id).bind(row.sort.type_).bind(row.sort.aggregate).bind(&row.key);
                query = query.bind(row.sort.stream).bind(row.sort.aggregate).bind(&row.key).bind(*ahead);
                query = query.bind(row.sort.stream).bind(row.partition).bind(row.position).bind(row.time_us);
                query = query.bind(row.sort.schema).bind(messaging::PROTOBUF).bind(&row.correlation).bind(&row.causation);
                query = query.bind(&row.traceparent).bind(row.payload.as_ref());
            }
            let numbers = query.fetch_all(&mut self.conn).await?;
            for (row, numbers) in chunk.iter_mut().zip(numbers) {
                (row.seq, row.version) = (numbers.try_get(0)?, numbers.try_get(1)?);
            }
        }
        Ok(())
    }
}

/// A call: this many pieces more of a product, under a request id of its own.
pub(super) struct Call {
    pub(super) number: u64,
    pub(super) key: String,
}

/// Writes what such calls come to.
pub(super) struct Commits(Tables);

impl Commits {
    pub(super) async fn open(file: &Path) -> Result<Self> {
        Ok(Self(Tables::connect(file).await?))
    }

    /// Request ids, effects and two events of each call, committed together; answers the events.
    pub(super) async fn calls(&mut self, calls: &[Call]) -> Result<Vec<FollowOn>> {
        let tables = &mut self.0;
        tables.conn.execute(sqlx::raw_sql("BEGIN IMMEDIATE")).await?;
        let ids: Vec<String> = calls.iter().map(|call| format!("call-{}", call.number)).collect();
        tables.requests("restock", &ids).await?;
        let events = |which: &str| -> Vec<Event> {
            let event = |Call { number, key }: &Call| Event {
                id: format!("call-{number}-{which}"),
                key: key.clone(),
                partition: partition_of(key),
                position: 0,
                amount: 1,
                correlation: format!("call-{number}"),
                traceparent: String::new(),
            };
            calls.iter().map(event).collect()
        };
        let (restocked, changed) = (events("restocked"), events("changed"));
        tables.totals(&restocked.iter().collect::<Vec<_>>()).await?;
        let mut rows: Vec<FollowOn> = restocked.iter().zip(&changed).flat_map(|(one, other)| [one, other].map(FollowOn::of)).collect();
        tables.insert(&mut rows).await?;
        tables.conn.execute(sqlx::raw_sql("COMMIT")).await?;
        Ok(rows)
    }
}
