//! The databases of all services, looked into from outside, on either store and with the same SQL.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::str::FromStr;

use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Row};

/// A number for each text; the service's name stands before the text.
pub type Numbers = BTreeMap<String, i64>;

pub enum Stores {
    /// Files in this folder.
    Sqlite(PathBuf),
    /// Schemas in this database.
    Postgres(String),
}

impl Stores {
    /// What this says in every service that has the tables it names: a text and a number each row.
    pub async fn everywhere(&self, sql: &'static str) -> Numbers {
        let mut all = Numbers::new();
        for service in self.services().await {
            all.extend(self.of(&service, sql).await.into_iter().map(|(text, number)| (format!("{service} {text}"), number)));
        }
        all
    }

    /// What this says in one service.
    pub async fn of(&self, service: &str, sql: &'static str) -> Numbers {
        match self {
            Self::Sqlite(folder) => {
                let options = SqliteConnectOptions::new().filename(folder.join(format!("{service}.db"))).read_only(true);
                let mut database = options.connect().await.expect("a database");
                let rows = sqlx::query(sql).fetch_all(&mut database).await.expect("rows");
                rows.iter().map(|row| (row.get(0), row.get(1))).collect()
            }
            Self::Postgres(url) => {
                let options = PgConnectOptions::from_str(url).expect("a URL").options([("search_path", service)]);
                let mut database = options.connect().await.expect("a database");
                let rows = sqlx::query(sql).fetch_all(&mut database).await.expect("rows");
                rows.iter().map(|row| (row.get(0), row.get(1))).collect()
            }
        }
    }

    /// What asks for the last position that a service gave in each stream and partition.
    pub fn heads(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => {
                "SELECT stream || ' ' || CAST(partition AS TEXT), MAX(position) FROM events GROUP BY stream, partition ORDER BY 1"
            }
            Self::Postgres(_) => {
                "SELECT stream || ' ' || CAST(partition AS TEXT), MAX(position) FROM publications GROUP BY stream, partition ORDER BY 1"
            }
        }
    }

    async fn services(&self) -> Vec<String> {
        match self {
            Self::Sqlite(folder) => {
                let paths = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
                let databases = paths.filter(|path| path.extension().is_some_and(|extension| extension == "db"));
                databases.map(|path| path.file_stem().expect("a name").to_string_lossy().into_owned()).collect()
            }
            Self::Postgres(_) => {
                let sql = "SELECT CAST(schemaname AS TEXT), COUNT(*) FROM pg_tables WHERE tablename = 'positions' GROUP BY schemaname";
                self.of("public", sql).await.into_keys().collect()
            }
        }
    }
}
