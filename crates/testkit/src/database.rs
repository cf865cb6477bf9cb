//! Which database a test of a whole process runs on, and one test of each kind from one fact.

use crate::postgres::{TestDatabase, test_database};

/// A fresh database for one test.
#[derive(Debug, Default)]
pub enum Database {
    /// Files in the process's own folder.
    #[default]
    Sqlite,
    /// A database of its own in the cluster of the tests.
    Postgres(Box<TestDatabase>),
}

impl Database {
    /// A database in the cluster; `None` without a cluster, which is said once on stderr: the test then returns.
    ///
    /// # Panics
    /// When the cluster does not answer.
    pub async fn postgres() -> Option<Self> {
        test_database().await.map(|database| Self::Postgres(Box::new(database)))
    }
}

/// Two `#[tokio::test]`s of each fact `async fn fact(database: testkit::Database)`: one on SQLite, one on Postgres.
///
/// ```
/// testkit::on_both_databases! { a_fact_about_a_service }
///
/// async fn a_fact_about_a_service(database: testkit::Database) {
///     let _ = database;
/// }
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! on_both_databases {
    ($($fact:ident)*) => {
        mod on_sqlite {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $fact() {
                    super::$fact($crate::Database::Sqlite).await;
                }
            )*
        }

        mod on_postgres {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $fact() {
                    let Some(database) = $crate::Database::postgres().await else { return };
                    super::$fact(database).await;
                }
            )*
        }
    };
}
