//! Measures what one key that fails for ever costs 999 healthy ones: rounds with and without it take turns, and the ratio of their rates is
//! printed. `cargo run --release -p delivery --example failing_key [rounds] [events per key]`; SQLite and a real nats-server.

use std::collections::HashMap;
use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use delivery::consumer::{self, ConsumerHandle, Setup};
use delivery::relay::{self, RelaySettings};
use delivery::{Consumer, Handler, Partitions, Policy, Received, logserver};
use messaging::{Broker, Cause, Done, Failure, Outcome};
use messaging_nats::{NatsBroker, Options};
use store::{Clock, Migration, Place, Store, StoreError, Work, params};
use testkit::sample::inventory::v1::StockRestocked;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

const TABLE: &[Migration] =
    &[Migration { version: 1, name: "totals", sql: "CREATE TABLE totals (key TEXT PRIMARY KEY, count BIGINT NOT NULL);" }];
const KEYS: usize = 1_000;

/// Counts by key; the key `bad` fails, whatever comes.
struct Count;

impl Handler for Count {
    type Input = StockRestocked;

    async fn handle(&self, event: Received<StockRestocked>, work: &mut Work) -> Outcome {
        let sql = "INSERT INTO totals (key, count) VALUES ($1, 1) ON CONFLICT (key) DO UPDATE SET count = totals.count + 1";
        work.execute(sql, params![&event.product_id]).await?;
        if event.product_id.starts_with("bad") { Err(Failure::retry("it always fails")) } else { Ok(Done) }
    }
}

/// A source and a sink in this process.
struct Bench {
    source: Store,
    handle: ConsumerHandle,
    _relay: Arc<relay::RelayState>,
}

impl Bench {
    /// Events `from..from + each` of every key, the first one of which may be bad; answers healthy events a second.
    async fn round(&self, bad: Option<&str>, each: i64) -> Result<f64, Box<dyn Error>> {
        let keys: Vec<String> = (0..KEYS).map(|n| bad.filter(|_| n == 0).map_or_else(|| format!("key-{n}"), str::to_owned)).collect();
        let healthy = (KEYS as u64 - u64::from(bad.is_some())) * each.unsigned_abs();
        let before = self.handle.state.handled();
        let began = Instant::now();
        for n in 0..each {
            let keys = keys.clone();
            self.source
                .write::<_, StoreError, _>(move |work| {
                    Box::pin(async move {
                        for product_id in keys {
                            work.emit(&Cause::root("bench"), &StockRestocked { product_id, quantity: n, ..StockRestocked::default() });
                        }
                        Ok(())
                    })
                })
                .await?;
        }
        while self.handle.state.handled() < before + healthy {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        Ok(healthy as f64 / began.elapsed().as_secs_f64())
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut numbers = std::env::args().skip(1).filter_map(|word| word.parse::<i64>().ok());
    let (rounds, each) = (numbers.next().unwrap_or(10), numbers.next().unwrap_or(20));
    let nats = testkit::NatsServer::start().await;
    let folder = tempfile::tempdir()?;
    let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
    let catalogue = testkit::sample::catalogue();
    let streams = messaging::streams(catalogue.domains(), catalogue.services());
    let streams: Arc<HashMap<_, _>> = Arc::new(streams.into_iter().map(|spec| (spec.name.clone(), spec)).collect());
    let place = Place::Sqlite { folder: folder.path().to_owned() };
    let source = Store::open(&place, "inventory", &[], Clock::system()).await?;
    let sink = Store::open(&place, "orders", TABLE, Clock::system()).await?;
    let connect = async |name: &str| NatsBroker::connect(Options::new(nats.url(), name)).await;
    let (broker, relays): (Arc<dyn Broker>, Arc<dyn Broker>) = (Arc::new(connect("bench").await?), Arc::new(connect("relay").await?));
    let state = Arc::new(relay::RelayState::default());
    let settings = RelaySettings { streams: streams.clone(), window: 1_024, owner: messaging::root_id() };
    tasks.spawn(relay::run(source.clone(), relays, settings, state.clone(), stop.clone()));
    let _log = logserver::serve(&source, broker.as_ref()).await?;
    let (_all, partitions) = watch::channel(Partitions::ALL);
    let setup = Setup {
        store: sink.clone(),
        broker,
        catalogue,
        consumer: Consumer::new("count").on(Count).policy(Policy { attempts: 1_000_000, ..Policy::default() }),
        streams,
        door: None,
        filters: HashMap::new(),
        partitions,
    };
    let bench = Bench { source, handle: consumer::start(setup, &tasks, stop.clone()), _relay: state };

    bench.round(None, each).await?;
    let (mut without, mut with) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        without.push(bench.round(None, each).await?);
        // A key of its own each time: it fails for the first time in every round, and for ever.
        with.push(bench.round(Some(&format!("bad-{round}")), each).await?);
        println!("round {round}: {:.0}/s without, {:.0}/s with", without[without.len() - 1], with[with.len() - 1]);
    }
    let middle = |rates: &mut Vec<f64>| {
        rates.sort_by(f64::total_cmp);
        rates[rates.len() / 2]
    };
    let (without, with) = (middle(&mut without), middle(&mut with));
    println!(
        "median of {rounds}: {without:.0}/s without a failing key, {with:.0}/s with one: {:.1} % lost",
        (1.0 - with / without) * 100.0
    );
    stop.cancel();
    tasks.close();
    tasks.wait().await;
    Ok(())
}
