//! Store to broker: what is in the log goes to its streams, in order, and again if the broker lost it.

mod publish;
mod stream;
mod sync;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use messaging::{Broker, StreamSpec};
use store::leases::{self, Lease};
use store::{LogRow, Numbering, Store, StoreError, log};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub(crate) use publish::is_a_relays;
use stream::{Feed, StreamRelay};

/// How long the lease lasts without being renewed; another process takes over after that.
const LEASE_US: i64 = 5_000_000;
const RENEW: Duration = Duration::from_secs(1);
/// Rows handed to a stream's task at once.
const COMMITS: usize = 256;

/// What the relay needs to know.
#[derive(Clone)]
pub struct RelaySettings {
    /// The streams of the system; a stream that is not there is made.
    pub streams: Arc<HashMap<String, StreamSpec>>,
    /// Publishes in flight per stream.
    pub window: usize,
    /// This process, for the lease.
    pub owner: String,
}

/// What is known about the relay from outside.
#[derive(Debug, Default)]
pub struct RelayState {
    streams: Mutex<HashMap<String, Waiting>>,
    published: AtomicU64,
}

#[derive(Clone, Copy, Debug)]
struct Waiting {
    count: usize,
    oldest_us: Option<i64>,
}

impl RelayState {
    fn note(&self, stream: &str, count: usize, oldest_us: Option<i64>, idle: bool) {
        let mut streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        if !streams.contains_key(stream) {
            streams.insert(stream.to_owned(), Waiting { count: 0, oldest_us: None });
        }
        let Some(waiting) = streams.get_mut(stream) else { return };
        waiting.count = count;
        // What is in flight was the oldest before it was sent; only an empty hand forgets it.
        waiting.oldest_us = if count == 0 { None } else { oldest_us.or(waiting.oldest_us.filter(|_| !idle)) };
    }

    fn count(&self, messages: u64) {
        self.published.fetch_add(messages, Ordering::Relaxed);
    }

    /// Messages published since the start.
    pub fn published(&self) -> u64 {
        self.published.load(Ordering::Relaxed)
    }

    fn forget(&self, stream: &str) {
        self.streams.lock().unwrap_or_else(PoisonError::into_inner).remove(stream);
    }

    /// When the oldest message was written that waits for the broker, microseconds since 1970; `None` when none does.
    pub fn oldest_unpublished_us(&self) -> Option<i64> {
        self.streams.lock().unwrap_or_else(PoisonError::into_inner).values().filter_map(|waiting| waiting.oldest_us).min()
    }

    /// How many messages wait in memory or are in flight; of a stream that the broker does not take, how many wait in the store, counted
    /// up to 10,000.
    pub fn unpublished(&self) -> usize {
        self.streams.lock().unwrap_or_else(PoisonError::into_inner).values().map(|waiting| waiting.count).sum()
    }
}

/// Runs the relay of a store until `stop`; then what is committed is published, within the caller's deadline.
pub async fn run(store: Store, broker: Arc<dyn Broker>, settings: RelaySettings, state: Arc<RelayState>, stop: CancellationToken) {
    while !stop.is_cancelled() {
        match acquire(&store, &settings.owner).await {
            Ok(Some(lease)) => {
                let result = lead(&store, &broker, &settings, &state, &lease, &stop).await;
                if let Err(error) = result {
                    tracing::warn!(service = store.service(), %error, "relay stopped; starting again");
                }
            }
            Ok(None) => {}
            Err(error) => tracing::warn!(service = store.service(), %error, "relay can't take its lease"),
        }
        tokio::select! {
            () = tokio::time::sleep(RENEW) => {}
            () = forget_fresh(&store) => {}
            () = stop.cancelled() => {}
        }
    }
}

/// What is committed while another process leads is that one's to read from the store: here it would be kept for nobody.
async fn forget_fresh(store: &Store) {
    loop {
        store.fresh().next(COMMITS).await;
    }
}

async fn acquire(store: &Store, owner: &str) -> Result<Option<Lease>, StoreError> {
    let owner = owner.to_owned();
    store.write(move |work| Box::pin(async move { leases::acquire(work, "relay", &owner, LEASE_US).await })).await
}

/// Holds the lease: numbers what is committed and gives it to one task per stream.
async fn lead(
    store: &Store,
    broker: &Arc<dyn Broker>,
    settings: &RelaySettings,
    state: &Arc<RelayState>,
    lease: &Lease,
    stop: &CancellationToken,
) -> Result<(), StoreError> {
    let tasks = TaskTracker::new();
    let halt = CancellationToken::new();
    let _halt = halt.clone().drop_guard();
    let open = |name: &str| {
        let Some(spec) = settings.streams.get(name) else {
            tracing::error!(stream = name, "no such stream is declared: its messages stay in the store");
            return None;
        };
        let (relay, feed, rows) =
            StreamRelay::new(store.clone(), broker.clone(), spec.clone(), settings.window, lease.epoch, state.clone());
        tasks.spawn(relay.run(rows, halt.clone()));
        Some(feed)
    };
    let mut numbering = Numbering::begin(store, lease, LEASE_US);
    let mut renewed = tokio::time::Instant::now();
    numbering.catch_up().await?;
    let mut streams: HashMap<String, Option<Feed>> = HashMap::new();
    for name in log::streams(store).await? {
        let feed = open(&name);
        streams.insert(name, feed);
    }
    let mut beat = tokio::time::interval(Duration::from_millis(100));
    loop {
        let (rows, beaten) = tokio::select! {
            biased;
            () = stop.cancelled() => break,
            rows = store.fresh().next(COMMITS) => {
                beat.reset();
                (rows, false)
            }
            _ = beat.tick() => (Vec::new(), true),
        };
        if renewed.elapsed() >= RENEW {
            renewed = tokio::time::Instant::now();
            let held = lease.clone();
            store.write::<_, StoreError, _>(move |work| Box::pin(async move { leases::hold(work, &held, LEASE_US).await })).await?;
        }
        // What it numbers comes behind these rows, in the next turn.
        if beaten || store.fresh().unnumbered() {
            numbering.round().await?;
        }
        let missed = store.fresh().missed_some();
        let mut by_stream: HashMap<String, Vec<LogRow>> = HashMap::new();
        for row in rows {
            match by_stream.get_mut(&row.stream) {
                Some(rows) => rows.push(row),
                None => {
                    by_stream.insert(row.stream.clone(), vec![row]);
                }
            }
        }
        if missed {
            for name in log::streams(store).await? {
                by_stream.entry(name).or_default();
            }
        }
        for (name, rows) in by_stream {
            let feed = streams.entry(name).or_insert_with_key(|name| open(name));
            let Some(feed) = feed else { continue };
            // A stream that is behind must not hold up the others: it reads from the store what it was not handed.
            if missed { feed.look() } else { feed.hand(rows) }
        }
    }
    // Orderly stop: the tasks publish all that was committed until now, then end; the caller bounds the wait.
    numbering.catch_up().await?;
    for name in log::streams(store).await? {
        if let Some(feed) = streams.entry(name).or_insert_with_key(|name| open(name)) {
            feed.look();
        }
    }
    drop(streams);
    tasks.close();
    tasks.wait().await;
    let held = lease.clone();
    store.write(move |work| Box::pin(async move { leases::release(work, &held).await })).await
}
