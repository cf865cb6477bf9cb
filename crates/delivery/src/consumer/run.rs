//! A consumer's life: sessions one after another, each begun from what is stored.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use catalogue::{Catalogue, EVERY_SERVICE, Kind};
use messaging::{Broker, StreamSpec};
use store::Store;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::Consumer;
use super::gauge::ConsumerState;
use super::session::{Ended, Session};
use crate::door::Door;
use crate::pause::Pause;
use crate::policy::Mode;
use crate::share::Partitions;

/// What a consumer is started with.
#[derive(Clone)]
pub struct Setup {
    /// Its service's store.
    pub store: Store,
    /// The broker.
    pub broker: Arc<dyn Broker>,
    /// What there is.
    pub catalogue: Catalogue,
    /// What it does.
    pub consumer: Consumer,
    /// The streams of the system.
    pub streams: Arc<HashMap<String, StreamSpec>>,
    /// Takes in messages without a position on these streams.
    pub door: Option<Door>,
    /// Stored subjects to read, per stream; a stream that is not named is read whole.
    pub filters: HashMap<String, Vec<String>>,
    /// The partitions that are this process's.
    pub partitions: watch::Receiver<Partitions>,
}

/// A running consumer, from outside.
#[derive(Clone)]
pub struct ConsumerHandle {
    /// `<service>-<consumer>`
    pub name: String,
    /// Its figures.
    pub state: Arc<ConsumerState>,
    pub(crate) wake: Arc<Notify>,
}

impl ConsumerHandle {
    /// Makes it look at what is parked now.
    pub fn wake(&self) {
        self.wake.notify_one();
    }
}

/// Starts a consumer; it ends after `stop`, with what it holds committed.
pub fn start(mut setup: Setup, tasks: &TaskTracker, stop: CancellationToken) -> ConsumerHandle {
    let name = format!("{}-{}", setup.store.service(), setup.consumer.name);
    let handle = ConsumerHandle { name: name.clone(), state: Arc::new(ConsumerState::default()), wake: Arc::new(Notify::new()) };
    handle.state.last_progress_us.store(setup.store.clock().now_us(), Ordering::Relaxed);
    let policy = &mut setup.consumer.policy;
    if !setup.consumer.foreign.is_empty() && policy.mode != Mode::ExactlyOnce {
        tracing::warn!(consumer = name, mode = %policy.mode, "foreign sources are read with exactly-once effect only");
        policy.mode = Mode::ExactlyOnce;
    }
    let policy = &setup.consumer.policy;
    tracing::info!(
        consumer = name,
        mode = %policy.mode,
        attempts = policy.attempts,
        waits = ?policy.waits,
        types = setup.consumer.types().join(" "),
        streams = setup.consumer.streams().collect::<Vec<_>>().join(" "),
        "consumer"
    );
    tasks.spawn(live(setup, handle.clone(), stop));
    handle
}

async fn live(setup: Setup, handle: ConsumerHandle, stop: CancellationToken) {
    let mut partitions = setup.partitions.clone();
    let mut pause = Pause::new(Duration::from_millis(100), Duration::from_secs(5));
    while !stop.is_cancelled() {
        let owned = *partitions.borrow_and_update();
        if owned.is_empty() {
            tokio::select! {
                changed = partitions.changed() => if changed.is_err() { return },
                () = stop.cancelled() => {}
            }
            continue;
        }
        let ended = match Session::open(&setup, &handle, owned).await {
            Ok(session) => session.run(&mut partitions, &stop).await,
            Err(error) => Ended::Failed(error),
        };
        match ended {
            Ended::Stopped => break,
            Ended::OtherPartitions => pause.reset(),
            Ended::Failed(error) => {
                tracing::warn!(consumer = handle.name, %error, "consumer starts again from what is stored");
                tokio::select! {
                    () = pause.wait() => {}
                    () = stop.cancelled() => {}
                }
            }
        }
    }
    handle.state.paused.store(false, Ordering::Relaxed);
}

/// Who numbers messages of this stream, as far as the catalogue tells.
pub(crate) fn sources(catalogue: &Catalogue, stream: &str) -> Vec<String> {
    let mut sources: Vec<String> = Vec::new();
    for entry in catalogue.entries() {
        if messaging::stream_of(entry.kind, entry.owner()) != stream {
            continue;
        }
        match entry.kind {
            Kind::Event if entry.service == EVERY_SERVICE => sources.extend(catalogue.services().into_iter().map(str::to_owned)),
            Kind::Event => sources.push(entry.service.clone()),
            // What comes by hand is numbered by the receiver.
            Kind::Command => sources.extend(entry.senders.iter().cloned().chain([entry.service.clone()])),
        }
    }
    sources.sort_unstable();
    sources.dedup();
    sources
}
