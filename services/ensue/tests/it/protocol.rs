//! `docs/protocol.md`, kept to by a program that has none of our code.

use std::path::{Path, PathBuf};
use std::time::Duration;

use acceptance::System;
use async_nats::jetstream::{self, stream::Stream};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteRow};
use sqlx::{AssertSqlSafe, ConnectOptions, Row};
use testkit::{SOON, eventually};
use tokio::process::Child;

use crate::shop::setup;

/// Orders of one round; about six events each.
const ORDERS: &str = "10";
const STREAM: &str = "EVENTS_ORDER";

/// Partition, position, id, type, key and version of an event.
type Event = (i64, i64, String, String, String, i64);

/// A shop with its stream of orders, and beside it the consumer's database.
struct Beside {
    shop: System,
    stream: Stream,
}

impl Beside {
    async fn start() -> Self {
        let shop = setup().start().await;
        let catalogue = acceptance::catalogue();
        shop.run(["import", "catalogue", file(&catalogue), "--stock", "100000"]).await.good();
        let client = async_nats::connect(shop.nats().url()).await.expect("a connection");
        let stream = jetstream::new(client).get_stream(STREAM).await.expect("the stream");
        Self { shop, stream }
    }

    fn consumer(&self) -> Child {
        let said = std::fs::File::options().create(true).append(true).open(self.own("said")).expect("a file");
        acceptance::python_consumer().arg(self.shop.nats().url()).arg(self.own("counts.db")).stderr(said).spawn().expect("python3")
    }

    fn said(&self) -> String {
        std::fs::read_to_string(self.own("said")).expect("what it said")
    }

    /// Places orders of this name and waits until all of them have ended.
    async fn place(&self, name: &str) {
        let baskets = acceptance::baskets();
        let import = ["import", "orders", file(&baskets), "--limit", ORDERS, "--in-flight", "3", "--prefix", name];
        self.shop.run(import).await.good();
    }

    /// A file of the consumer's own.
    fn own(&self, name: &str) -> PathBuf {
        self.shop.data().with_file_name(name)
    }

    /// How many events had an effect.
    async fn applied(&self) -> i64 {
        // Before the first start there is nothing to open.
        let rows = rows(&self.own("counts.db"), "SELECT COUNT(*) FROM applied").await.unwrap_or_default();
        rows.first().map_or(0, |row| row.get(0))
    }

    async fn more_than(&self, applied: i64) {
        eventually(SOON, || async { (self.applied().await > applied).then_some(()) }).await;
    }

    /// The positions it has reached, by partition.
    async fn reached(&self) -> Vec<(i64, i64)> {
        let sql = "SELECT partition, position FROM positions ORDER BY partition";
        let rows = rows(&self.own("counts.db"), sql).await.expect("its positions");
        rows.iter().map(|row| (row.get(0), row.get(1))).collect()
    }

    /// What had an effect, by partition in the order in which it had it.
    async fn effects(&self) -> Vec<Event> {
        let sql = "SELECT partition, position, id, type, key, CAST(version AS INTEGER) FROM applied ORDER BY partition, rowid";
        events(rows(&self.own("counts.db"), sql).await.expect("its effects"))
    }

    /// The owner's own log.
    async fn log(&self) -> Vec<Event> {
        let sql = format!(
            "SELECT partition, position, id, type, key, version FROM events WHERE stream = '{STREAM}' ORDER BY partition, position"
        );
        events(rows(&self.shop.data().join("orders.db"), &sql).await.expect("the log"))
    }
}

fn file(path: &Path) -> &str {
    path.to_str().expect("a path")
}

/// Asks a database as one who only reads.
async fn rows(database: &Path, sql: &str) -> Result<Vec<SqliteRow>, sqlx::Error> {
    let mut connection: SqliteConnection = SqliteConnectOptions::new().filename(database).read_only(true).connect().await?;
    sqlx::query(AssertSqlSafe(sql.to_owned())).fetch_all(&mut connection).await
}

fn events(rows: Vec<SqliteRow>) -> Vec<Event> {
    rows.iter().map(|row| (row.get(0), row.get(1), row.get(2), row.get(3), row.get(4), row.get(5))).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_consumer_in_python_is_exactly_once() {
    let mut beside = Beside::start().await;
    let mut chance = fastrand::Rng::with_seed(20);
    for round in 0..20 {
        match round {
            // The stream has forgotten most of what came in while the consumer was away.
            6 => {
                beside.place("away").await;
                let last = beside.stream.info().await.expect("its state").state.last_sequence;
                beside.stream.purge().sequence(last - 3).await.expect("a purge");
            }
            // The durable is gone, and with it what the broker knew: everything that is left comes again.
            13 => {
                beside.stream.delete_consumer("python-counts").await.expect("a durable");
            }
            _ => {}
        }
        let before = beside.applied().await;
        let mut consumer = beside.consumer();
        let name = format!("round-{round}");
        let kill = async {
            beside.more_than(before).await;
            tokio::time::sleep(Duration::from_millis(chance.u64(0..150))).await;
            consumer.kill().await.expect("SIGKILL");
        };
        tokio::join!(kill, beside.place(&name));
    }
    assert!(beside.said().contains("gap: "), "no gap was seen:\n{}", beside.said());

    // The end of the stream is lost, and nothing comes behind it.
    beside.place("tail").await;
    beside.stream.purge().await.expect("a purge");
    let mut consumer = beside.consumer();
    let log = beside.log().await;
    assert!(log.len() > 1_000, "{} events", log.len());
    let heads: Vec<(i64, i64)> = (0..16).map(|at| (at, log.iter().filter(|event| event.0 == at).count() as i64)).collect();
    eventually(SOON, || async { (beside.reached().await == heads).then_some(()) }).await;
    consumer.kill().await.expect("SIGKILL");
    assert!(beside.said().contains("lost tail: "), "no lost tail was seen:\n{}", beside.said());

    // Every event once, in the order of its key.
    let effects = beside.effects().await;
    let different = effects.iter().zip(&log).find(|(effect, event)| effect != event);
    assert_eq!((different, effects.len()), (None, log.len()));
    let database = beside.own("counts.db");
    let read = async |sql| rows(&database, sql).await.expect("its tables");
    assert_eq!(read("SELECT SUM(events) FROM counts").await[0].get::<i64, _>(0), log.len() as i64);
    assert!(read("SELECT * FROM dead").await.is_empty());
}
