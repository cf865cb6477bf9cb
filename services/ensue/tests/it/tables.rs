//! How many rows there are in every table of every store: what leaves no trace changes none of these numbers.

use std::collections::BTreeMap;
use std::path::Path;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Row};

/// Rows by (database, table).
pub type Rows = BTreeMap<(String, String), i64>;

/// What is kept of the broker, not of the business: how far was read and written, and by whom.
const OF_THE_BROKER: [&str; 3] = ["cursors", "relay_cursors", "leases"];

/// Counts them, as one who only reads.
pub async fn rows(data: &Path) -> Rows {
    let mut rows = Rows::new();
    for entry in std::fs::read_dir(data).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|extension| extension == "db") {
            let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
            let mut database = SqliteConnectOptions::new().filename(&path).read_only(true).connect().await.expect("a database");
            for table in tables(&mut database).await {
                let sql = format!("SELECT COUNT(*) FROM \"{table}\"");
                let count = sqlx::query(AssertSqlSafe(sql)).fetch_one(&mut database).await.expect("a count").get(0);
                rows.insert((name.clone(), table), count);
            }
        }
    }
    rows
}

async fn tables(database: &mut SqliteConnection) -> Vec<String> {
    let names = sqlx::query("SELECT name FROM sqlite_master WHERE type = 'table'").fetch_all(database).await.expect("names");
    names.iter().map(|row| row.get::<String, _>(0)).filter(|name| !OF_THE_BROKER.contains(&name.as_str())).collect()
}
