//! Bringing tables to the newest form.

use store::{Clock, Migration, Store, StoreError, params};

use super::home::Home;

const fn step(version: i64, name: &'static str, sql: &'static str) -> Migration {
    Migration { version, name, sql }
}

const FIRST: Migration = step(1, "first", "CREATE TABLE first (id TEXT PRIMARY KEY); INSERT INTO first (id) VALUES ('once')");
const SECOND: Migration = step(2, "second", "ALTER TABLE first ADD COLUMN words TEXT; UPDATE first SET words = id || '!'");

async fn open(home: &Home, migrations: &[Migration]) -> Result<Store, StoreError> {
    home.try_open(migrations, Clock::system()).await
}

async fn words(store: &Store) -> Vec<String> {
    store.rows("SELECT words FROM first", params![]).await.unwrap().iter().map(|row| row.get("words").unwrap()).collect()
}

/// None of these steps could run twice.
pub async fn steps_are_applied_once_and_new_ones_behind_them(home: Home) {
    for steps in [&[FIRST][..], &[FIRST], &[FIRST, SECOND], &[FIRST, SECOND]] {
        open(&home, steps).await.unwrap().close().await;
    }
    assert_eq!(words(&open(&home, &[FIRST, SECOND]).await.unwrap()).await, ["once!"]);
}

/// An applied step is history.
pub async fn a_changed_step_is_refused(home: Home) {
    open(&home, &[FIRST, SECOND]).await.unwrap().close().await;
    let changed = step(1, "first", "CREATE TABLE first (id TEXT PRIMARY KEY, more TEXT)");
    let refused = open(&home, &[changed, SECOND]).await.err().unwrap();
    assert!(matches!(&refused, StoreError::Refused(text) if text.contains("1001") && text.contains("modified")), "{refused}");
    assert_eq!(words(&open(&home, &[FIRST, SECOND]).await.unwrap()).await, ["once!"]);
}

/// So that they can stand on it, and the core can grow behind them.
pub async fn a_service_s_steps_come_after_the_core(home: Home) {
    let on_core = step(7, "index", "CREATE INDEX notes_by_type ON events (type, time_us); CREATE INDEX notes_by_key ON parked (lane)");
    let store = open(&home, &[on_core]).await.unwrap();
    let rows = store.rows("SELECT version FROM _sqlx_migrations ORDER BY installed_on, version", params![]).await.unwrap();
    let versions: Vec<i64> = rows.iter().map(|row| row.get("version").unwrap()).collect();
    assert!(versions.is_sorted(), "{versions:?}");
    assert_eq!(*versions.last().unwrap(), 1007);
    assert!(versions.iter().rev().skip(1).all(|&version| version < 1000));
}

/// The statement before the faulty one goes back, too.
pub async fn a_step_that_fails_is_named_and_leaves_nothing(home: Home) {
    let faulty = step(2, "second", "CREATE TABLE half (id TEXT); CREATE TABLE first (id TEXT)");
    let refused = open(&home, &[FIRST, faulty]).await.err().unwrap();
    assert!(matches!(&refused, StoreError::Refused(text) if text.contains("1002") && text.contains("first")), "{refused}");
    let mended = step(2, "second", "CREATE TABLE half (id TEXT)");
    let store = open(&home, &[FIRST, mended]).await.unwrap();
    assert!(store.rows("SELECT id FROM half", params![]).await.unwrap().is_empty());
}

/// Wherever it stands in a line; words that contain it stay.
pub async fn blob_is_written_for_both_databases(home: Home) {
    let sql = "CREATE TABLE blobs (one BLOB, two BLOB NOT NULL,\n    three BLOB\n);\nCREATE TABLE blobs_BLOB_2 (four BLOB)";
    let store = open(&home, &[step(1, "blobs", sql)]).await.unwrap();
    let write = store.write::<(), StoreError, _>(|work| {
        Box::pin(async move {
            let bytes = || Some(vec![0_u8, 255]);
            work.execute("INSERT INTO blobs (one, two, three) VALUES ($1, $2, $3)", params![bytes(), bytes(), bytes()]).await?;
            work.execute("INSERT INTO blobs_BLOB_2 (four) VALUES ($1)", params![bytes()]).await.map(|_| ())
        })
    });
    write.await.unwrap();
    let row = store.row("SELECT three FROM blobs", params![]).await.unwrap().unwrap();
    assert_eq!(row.get::<Vec<u8>>("three").unwrap(), [0, 255]);
}
