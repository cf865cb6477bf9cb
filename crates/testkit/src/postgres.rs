//! A Postgres database of its own for each test, in the private cluster that `cargo xtask test` starts.

use std::str::FromStr;
use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering};

pub use provision::postgres::PostgresServer;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor};

/// Where the cluster is, set by `cargo xtask test`.
const CLUSTER: &str = "ENSUE_TEST_POSTGRES";

/// A database in the cluster, dropped with this value, whoever is still connected to it.
#[derive(Debug)]
pub struct TestDatabase {
    cluster: PgConnectOptions,
    name: String,
}

/// A fresh database for one test; `None` when there is no cluster, which is said once on stderr: the test then returns.
///
/// # Panics
/// When the cluster does not answer.
pub async fn test_database() -> Option<TestDatabase> {
    let Ok(url) = std::env::var(CLUSTER) else {
        static SAID: Once = Once::new();
        SAID.call_once(|| {
            eprintln!("skipped: no Postgres ({CLUSTER} is not set; `cargo xtask test` starts one: apt-get install postgresql)")
        });
        return None;
    };
    Some(fresh_database(&url).await)
}

/// A fresh database in the cluster at `url`, for a test that has a [`PostgresServer`] of its own.
///
/// # Panics
/// When the cluster does not answer.
pub async fn fresh_database(url: &str) -> TestDatabase {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let cluster = PgConnectOptions::from_str(url).unwrap_or_else(|why| panic!("{CLUSTER} is no Postgres URL: {why}"));
    // The process id keeps the test binaries apart, the number the tests in one of them.
    let name = format!("test_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
    run(&cluster, format!("CREATE DATABASE {name}")).await.unwrap_or_else(|why| panic!("the Postgres of the tests: {why}"));
    TestDatabase { cluster, name }
}

impl TestDatabase {
    /// The URL of this database.
    pub fn url(&self) -> String {
        self.cluster.clone().database(&self.name).to_url_lossy().to_string()
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let (cluster, statement) = (self.cluster.clone(), format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name));
        // A drop cannot wait for a future, and the test's own runtime may be on its way down.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(sqlx::Error::Io)?;
            runtime.block_on(run(&cluster, statement))
        });
        if let Ok(Err(why)) = dropping.join() {
            eprintln!("cannot drop the test's database {}: {why}", self.name); // a killed cluster, in a chaos test
        }
    }
}

async fn run(cluster: &PgConnectOptions, statement: String) -> Result<(), sqlx::Error> {
    let mut connection: PgConnection = cluster.connect().await?;
    connection.execute(AssertSqlSafe(statement)).await?;
    connection.close().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn each_test_has_a_database_of_its_own_that_ends_with_it() {
        let (Some(one), Some(other)) = (test_database().await, test_database().await) else { return };
        let (one_url, other_url) = (one.url(), other.url());
        assert_ne!(one_url, other_url);
        let held_open = PgConnection::connect(&one_url).await.unwrap();
        drop(one);
        assert!(PgConnection::connect(&one_url).await.is_err());
        assert!(PgConnection::connect(&other_url).await.is_ok());
        drop(held_open);
    }
}
