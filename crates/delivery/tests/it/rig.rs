//! A source and a sink with a real nats-server between them.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use delivery::consumer::{self, ConsumerHandle, Setup};
use delivery::relay::{self, RelaySettings, RelayState};
use delivery::{Consumer, Handler, Partitions, Policy, Received, logserver};
use messaging::{Broker, Cause, Done, Failure, Outcome, Responder, StreamSpec};
use messaging_nats::{NatsBroker, Options};
use store::{Clock, Migration, Place, Store, StoreError, Work, params};
use testkit::NatsServer;
use testkit::sample::inventory::v1::StockRestocked;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

const TABLES: &[Migration] = &[Migration {
    version: 1,
    name: "effects",
    sql: "CREATE TABLE effects (arrival BIGINT NOT NULL, event_id TEXT NOT NULL, key TEXT NOT NULL, n BIGINT NOT NULL);
          CREATE TABLE totals (key TEXT PRIMARY KEY, count BIGINT NOT NULL, last BIGINT NOT NULL);",
}];

pub fn streams() -> Arc<HashMap<String, StreamSpec>> {
    streams_with(|_| ())
}

pub fn streams_with(change: impl Fn(&mut StreamSpec)) -> Arc<HashMap<String, StreamSpec>> {
    let catalogue = testkit::sample::catalogue();
    let all = messaging::streams(catalogue.domains(), catalogue.services());
    let all = all.into_iter().map(|mut spec| {
        change(&mut spec);
        (spec.name.clone(), spec)
    });
    Arc::new(all.collect())
}

/// A service: store, relay, log, and what consumers it is given.
pub struct Node {
    pub store: Store,
    pub broker: Arc<dyn Broker>,
    pub relay: Arc<RelayState>,
    streams: Arc<HashMap<String, StreamSpec>>,
    stop: CancellationToken,
    relays: CancellationToken,
    sharing: CancellationToken,
    tasks: TaskTracker,
    relaying: TaskTracker,
    partitions: watch::Receiver<Partitions>,
    _log: Vec<Box<dyn Responder>>,
}

impl Node {
    pub async fn start(url: &str, place: &Place, service: &str) -> Self {
        Self::start_with(url, place, service, streams()).await
    }

    pub async fn start_with(url: &str, place: &Place, service: &str, streams: Arc<HashMap<String, StreamSpec>>) -> Self {
        let mut store = Store::open(place, service, TABLES, Clock::system()).await;
        // A store that was just dropped in this process lets go of its file a moment later.
        let deadline = Instant::now() + Duration::from_secs(5);
        while store.is_err() && Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(10)).await;
            store = Store::open(place, service, TABLES, Clock::system()).await;
        }
        let store = store.expect("store");
        let broker: Arc<dyn Broker> = Arc::new(NatsBroker::connect(Options::new(url, service)).await.expect("broker"));
        let relay_broker: Arc<dyn Broker> = Arc::new(NatsBroker::connect(Options::new(url, "relay")).await.expect("broker"));
        let relay = Arc::new(RelayState::default());
        let (stop, relays) = (CancellationToken::new(), CancellationToken::new());
        let (tasks, relaying) = (TaskTracker::new(), TaskTracker::new());
        let settings = RelaySettings { streams: streams.clone(), window: 256, owner: messaging::root_id() };
        relaying.spawn(relay::run(store.clone(), relay_broker, settings, relay.clone(), relays.clone()));
        let log = logserver::serve(&store, broker.as_ref()).await.expect("log");
        let sharing = CancellationToken::new();
        let partitions = delivery::share(&store, &messaging::root_id(), &tasks, sharing.clone());
        Self { store, broker, relay, streams, stop, relays, sharing, tasks, relaying, partitions, _log: log }
    }

    pub fn consume(&self, consumer: Consumer) -> ConsumerHandle {
        self.consume_with(consumer, None, HashMap::new())
    }

    pub fn consume_with(
        &self,
        consumer: Consumer,
        door: Option<delivery::door::Door>,
        filters: HashMap<String, Vec<String>>,
    ) -> ConsumerHandle {
        let setup = Setup {
            store: self.store.clone(),
            broker: self.broker.clone(),
            catalogue: testkit::sample::catalogue(),
            consumer,
            streams: self.streams.clone(),
            door,
            filters,
            partitions: self.partitions.clone(),
        };
        consumer::start(setup, &self.tasks, self.stop.clone())
    }

    pub async fn stop(self) {
        self.stop.cancel();
        self.sharing.cancel();
        self.tasks.close();
        self.tasks.wait().await;
        self.relays.cancel();
        self.relaying.close();
        self.relaying.wait().await;
    }

    /// As near to a kill as it gets within a process: tasks end where they are.
    pub fn stop_at_once(self) {
        self.stop.cancel();
        self.sharing.cancel();
        self.relays.cancel();
    }

    /// Writes events `from..to` of one key, each in the same transaction.
    pub async fn restock(&self, key: &str, numbers: std::ops::Range<i64>) {
        self.restock_all(&[key], numbers).await;
    }

    pub async fn restock_all(&self, keys: &[&str], numbers: std::ops::Range<i64>) {
        let keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
        self.store
            .write::<_, StoreError, _>(move |work| {
                Box::pin(async move {
                    for n in numbers {
                        for key in &keys {
                            let event = StockRestocked { product_id: key.clone(), quantity: n, ..Default::default() };
                            work.emit(&Cause::root("conversation"), &event);
                        }
                    }
                    Ok(())
                })
            })
            .await
            .expect("written");
    }

    /// What was applied, in order of application: (key, n).
    pub async fn effects(&self) -> Vec<(String, i64)> {
        let rows = self.store.rows("SELECT key, n FROM effects ORDER BY arrival", params![]).await.expect("effects");
        rows.iter().map(|row| (row.get("key").expect("key"), row.get("n").expect("n"))).collect()
    }

    pub async fn count(&self, sql: &str) -> i64 {
        self.store.row(sql, params![]).await.expect("count").expect("row").get("count").expect("count")
    }

    pub async fn wait_effects(&self, count: usize) -> Vec<(String, i64)> {
        eventually(Duration::from_secs(20), async || {
            let effects = self.effects().await;
            (effects.len() >= count).then_some(effects)
        })
        .await
    }
}

/// Polls until there is something, or fails.
pub async fn eventually<T>(deadline: Duration, mut poll: impl AsyncFnMut() -> Option<T>) -> T {
    let end = Instant::now() + deadline;
    loop {
        if let Some(value) = poll().await {
            return value;
        }
        assert!(Instant::now() < end, "not within {deadline:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Every key's numbers, in order of application.
pub fn by_key(effects: &[(String, i64)]) -> BTreeMap<String, Vec<i64>> {
    let mut keys: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for (key, n) in effects {
        keys.entry(key.clone()).or_default().push(*n);
    }
    keys
}

/// Writes each event down; fails for those of the keys that it is told to.
#[derive(Clone, Default)]
pub struct Effect {
    pub failing: Arc<AtomicBool>,
    pub fails: Option<fn(&StockRestocked) -> Option<Failure>>,
}

impl Effect {
    pub fn failing(fails: fn(&StockRestocked) -> Option<Failure>) -> Self {
        Self { failing: Arc::new(AtomicBool::new(true)), fails: Some(fails) }
    }

    pub fn mend(&self) {
        self.failing.store(false, Ordering::SeqCst);
    }
}

impl Handler for Effect {
    type Input = StockRestocked;

    async fn handle(&self, event: Received<StockRestocked>, work: &mut Work) -> Outcome {
        let sql = "INSERT INTO effects (arrival, event_id, key, n) SELECT COALESCE(MAX(arrival), 0) + 1, $1, $2, $3 FROM effects";
        work.execute(sql, params![&event.envelope().id, &event.product_id, event.quantity]).await?;
        if self.failing.load(Ordering::SeqCst)
            && let Some(failure) = self.fails.and_then(|fails| fails(&event))
        {
            return Err(failure);
        }
        Ok(Done)
    }
}

/// Every fact on both databases.
macro_rules! both {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::$name(crate::rig::Rig::start().await).await;
            })*
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                if let Some(rig) = crate::rig::Rig::on_postgres().await {
                    super::$name(rig).await;
                }
            })*
        }
    };
}
pub(crate) use both;

/// A broker, and where the stores are.
pub struct Rig {
    pub nats: NatsServer,
    folder: tempfile::TempDir,
    database: Option<testkit::postgres::TestDatabase>,
}

impl Rig {
    pub async fn start() -> Self {
        Self { nats: NatsServer::start().await, folder: tempfile::tempdir().expect("folder"), database: None }
    }

    /// `None` = there is no Postgres here; the test command says so.
    pub async fn on_postgres() -> Option<Self> {
        let database = testkit::postgres::test_database().await?;
        Some(Self { database: Some(database), ..Self::start().await })
    }

    pub fn place(&self) -> Place {
        match &self.database {
            None => Place::Sqlite { folder: PathBuf::from(self.folder.path()) },
            Some(database) => Place::Postgres { url: database.url(), prefix: String::new() },
        }
    }

    pub async fn source(&self) -> Node {
        Node::start(&self.nats.url(), &self.place(), "inventory").await
    }

    /// One of several processes that serve the same service; on Postgres only.
    pub async fn member(&self) -> Node {
        self.sink().await
    }

    /// A node on a runtime of its own: when that is shut down, everything of it ends where it is, as in a kill.
    pub async fn mortal(&self, service: &'static str, consumer: Option<Consumer>) -> Mortal {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("runtime");
        let (url, place) = (self.nats.url(), self.place());
        let node = runtime.spawn(async move {
            let node = Node::start(&url, &place, service).await;
            let handle = consumer.map(|consumer| node.consume(consumer));
            (Arc::new(node), handle)
        });
        let (node, handle) = node.await.expect("node");
        // It lives as long as its runtime.
        let kept = node.clone();
        runtime.spawn(async move {
            std::future::pending::<()>().await;
            drop(kept);
        });
        Mortal { runtime: Some(runtime), node, handle }
    }

    /// A sink that comes later than the other one.
    pub async fn late(&self) -> Node {
        Node::start(&self.nats.url(), &self.place(), "shipping").await
    }

    pub async fn sink(&self) -> Node {
        Node::start(&self.nats.url(), &self.place(), "orders").await
    }
}

/// A node that can be killed.
pub struct Mortal {
    runtime: Option<tokio::runtime::Runtime>,
    pub node: Arc<Node>,
    pub handle: Option<ConsumerHandle>,
}

impl Mortal {
    /// Runs on the node's own runtime: it ends with it.
    pub fn spawn<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> tokio::task::JoinHandle<T> {
        self.runtime.as_ref().expect("alive").spawn(work)
    }

    /// Ends everything of it where it is.
    pub fn kill(mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Short waits, so that tests need not take long.
pub fn quick() -> Policy {
    Policy { waits: vec![Duration::from_millis(50)], ..Policy::default() }
}

pub fn effects(effect: &Effect) -> Consumer {
    Consumer::new("effects").on(effect.clone()).policy(quick())
}
