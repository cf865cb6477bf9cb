//! Bringing a store's tables to the newest form. Expand, move, contract; an applied migration is never edited (checksums tell).

use std::borrow::Cow;

use sqlx::migrate::{Migrate, MigrateError, Migration as Step, MigrationType, Migrator};
use sqlx::{AssertSqlSafe, PgConnection, SqlSafeStr as _, SqliteConnection};

use crate::StoreError;

/// One step of a service's own tables, written in SQL that both databases take (`BLOB` and `BIGSERIAL` are written for both).
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// Its number, from 1.
    pub version: i64,
    /// What it does, e.g. `orders`.
    pub name: &'static str,
    /// The statements.
    pub sql: &'static str,
}

/// The store's own steps come first; a service's are numbered behind them.
const SERVICE_STEPS_FROM: i64 = 1000;

const CORE_SQLITE: Migration = Migration { version: 1, name: "core", sql: include_str!("../migrations/sqlite/0001_core.sql") };
const CORE_POSTGRES: Migration = Migration { version: 1, name: "core", sql: include_str!("../migrations/postgres/0001_core.sql") };
const DELIVERY: Migration = Migration { version: 2, name: "delivery", sql: include_str!("../migrations/0002_delivery.sql") };
const RETENTION: Migration = Migration { version: 3, name: "retention", sql: include_str!("../migrations/0003_retention.sql") };
const TIMERS: Migration = Migration { version: 4, name: "timers", sql: include_str!("../migrations/0004_timers.sql") };
const STREAMS_SQLITE: Migration = Migration { version: 5, name: "streams", sql: include_str!("../migrations/sqlite/0005_streams.sql") };
const OF_KEY: Migration = Migration { version: 6, name: "of_key", sql: include_str!("../migrations/0006_of_key.sql") };

/// `BIGSERIAL PRIMARY KEY` numbers rows by itself: SQLite does that for INTEGER, and for no other word.
const SQLITE: (&str, &str) = ("BIGSERIAL", "INTEGER");
const POSTGRES: (&str, &str) = ("BLOB", "BYTEA");

fn steps(core: &[Migration], service: &[Migration], word: (&str, &str)) -> Vec<Step> {
    let step = |migration: &Migration, offset: i64| {
        Step::new(
            migration.version + offset,
            Cow::Borrowed(migration.name),
            MigrationType::Simple,
            AssertSqlSafe(in_dialect(migration.sql, word)).into_sql_str(),
            false,
        )
    };
    core.iter().map(|migration| step(migration, 0)).chain(service.iter().map(|migration| step(migration, SERVICE_STEPS_FROM))).collect()
}

/// A word, wherever it stands alone, in the dialect's spelling.
fn in_dialect(sql: &str, (ours, theirs): (&str, &str)) -> String {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut written = String::with_capacity(sql.len() + 64);
    let mut rest = sql;
    while let Some(start) = rest.find(is_word) {
        let (between, from) = rest.split_at(start);
        let (word, behind) = from.split_at(from.find(|c| !is_word(c)).unwrap_or(from.len()));
        written.push_str(between);
        written.push_str(if word == ours { theirs } else { word });
        rest = behind;
    }
    written + rest
}

async fn run<C: Migrate>(conn: &mut C, steps: Vec<Step>) -> Result<(), StoreError> {
    let migrator = Migrator::with_migrations(steps);
    migrator.run_direct(None, conn, false).await.map_err(|error| match error {
        MigrateError::Execute(error) => StoreError::from(error),
        MigrateError::ExecuteMigration(error, version) => match StoreError::from(error) {
            StoreError::Unavailable(error) => StoreError::Unavailable(error),
            other => StoreError::Refused(format!("migration {version}: {other}")),
        },
        other => StoreError::Refused(format!("migration: {other}")),
    })
}

pub(crate) async fn sqlite(conn: &mut SqliteConnection, service: &[Migration]) -> Result<(), StoreError> {
    run(conn, steps(&[CORE_SQLITE, DELIVERY, RETENTION, TIMERS, STREAMS_SQLITE, OF_KEY], service, SQLITE)).await
}

pub(crate) async fn postgres(conn: &mut PgConnection, service: &[Migration]) -> Result<(), StoreError> {
    run(conn, steps(&[CORE_POSTGRES, DELIVERY, RETENTION, TIMERS, OF_KEY], service, POSTGRES)).await
}
