//! One session of a consumer: begun from what is stored, it waits for whatever comes next and lets that be done.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use store::positions;
use store::{Dialect, StoreError, timers};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::cursors::Place;
use super::fill::Page;
use super::gaps::Gaps;
use super::lanes::Lanes;
use super::reached::{Reached, Slot};
use super::reader::{Chunk, Owner, StreamReader};
use super::run::{ConsumerHandle, Setup};
use super::{commit, parked, timer};
use crate::pause::Pause;
use crate::share::Partitions;

/// How often timers and parked lanes are looked at.
const TICK: Duration = Duration::from_millis(250);
/// How long nothing must come before the owners' heads are asked.
const IDLE: Duration = Duration::from_secs(1);
/// How often a consumer that is never idle looks for what other processes put back.
const RELOAD: Duration = Duration::from_secs(2);
/// How often the cursor is kept: after a crash this much is read again, and skipped.
pub(super) const KEEP_CURSOR: Duration = Duration::from_secs(1);

pub(crate) enum Ended {
    Stopped,
    OtherPartitions,
    Failed(StoreError),
}

/// How far the owners are.
type Heads = Vec<(Slot, u64)>;

pub(crate) struct Session<'a> {
    pub(crate) setup: &'a Setup,
    pub(crate) handle: &'a ConsumerHandle,
    pub(crate) consumer: Arc<super::Consumer>,
    pub(crate) owned: Partitions,
    pub(crate) reached: Reached,
    pub(crate) lanes: Lanes,
    pub(crate) breaker: Pause,
    pub(super) places: HashMap<String, Place>,
    pub(super) gaps: Gaps,
    /// Heads that were ahead at the last look: a message may just be on its way.
    pub(super) ahead: HashMap<Slot, u64>,
    pub(super) chunks: mpsc::Receiver<Chunk>,
    pub(super) pages: (mpsc::Sender<Page>, mpsc::Receiver<Page>),
    pub(super) heads: (mpsc::Sender<Heads>, mpsc::Receiver<Heads>),
    pub(super) tasks: JoinSet<()>,
    pub(super) cursor_kept: Instant,
    pub(super) last_input: Instant,
    next_look: Instant,
    look_every: Duration,
    next_reload: Instant,
}

impl<'a> Session<'a> {
    pub(crate) async fn open(setup: &'a Setup, handle: &'a ConsumerHandle, owned: Partitions) -> Result<Self, StoreError> {
        let mut reached = Reached::default();
        for (source, stream, partition, position) in positions::load(&setup.store, &handle.name).await? {
            reached.reach(&source, &stream, partition, position);
        }
        let lanes = Lanes::new(parked::lanes(&setup.store, &handle.name, owned).await?);
        let (chunk_sender, chunks) = mpsc::channel(2);
        let mut tasks = JoinSet::new();
        let mut places = HashMap::new();
        for stream in &setup.consumer.streams {
            let (settle, settled) = watch::channel(0);
            let (owner, filters) = match (setup.consumer.foreign(stream), setup.streams.get(stream)) {
                (Some(source), _) => (Owner::Foreign(source.clone()), source.filters.clone()),
                (None, Some(spec)) => (Owner::Us(spec.clone()), filters(setup, stream, owned)),
                (None, None) => return Err(StoreError::Refused(format!("stream {stream} is not declared"))),
            };
            let reader = StreamReader {
                store: setup.store.clone(),
                broker: setup.broker.clone(),
                stream: stream.clone(),
                owner,
                consumer: handle.name.clone(),
                members: owned,
                filters,
                prefetch: setup.consumer.policy.prefetch,
                batch: setup.consumer.policy.batch,
                settled,
                chunks: chunk_sender.clone(),
            };
            places.insert(stream.clone(), Place::new(&setup.catalogue, stream, settle));
            tasks.spawn(reader.run());
        }
        let now = Instant::now();
        Ok(Self {
            setup,
            handle,
            consumer: Arc::new(setup.consumer.clone()),
            owned,
            reached,
            lanes,
            breaker: Pause::new(Duration::from_millis(500), Duration::from_secs(30)),
            places,
            gaps: Gaps::default(),
            ahead: HashMap::new(),
            chunks,
            pages: mpsc::channel(16),
            heads: mpsc::channel(1),
            tasks,
            cursor_kept: now,
            last_input: now,
            next_look: now + IDLE,
            look_every: IDLE,
            next_reload: now + RELOAD,
        })
    }

    pub(crate) async fn run(mut self, partitions: &mut watch::Receiver<Partitions>, stop: &CancellationToken) -> Ended {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut full = false;
        loop {
            full = self.is_full(full);
            let result = tokio::select! {
                biased;
                () = stop.cancelled() => break,
                changed = partitions.changed() => {
                    if changed.is_err() || *partitions.borrow() != self.owned {
                        return Ended::OtherPartitions;
                    }
                    Ok(())
                }
                Some(page) = self.pages.1.recv() => self.filled(page, stop).await,
                Some(heads) = self.heads.1.recv() => { self.compare(heads); Ok(()) }
                _ = tick.tick() => self.tick(stop).await,
                () = self.handle.wake.notified() => self.reload().await,
                Some(chunk) = self.chunks.recv(), if !full => self.read(chunk, stop).await,
            };
            if let Err(error) = result {
                return Ended::Failed(error);
            }
        }
        if let Err(error) = self.keep_cursors().await {
            tracing::debug!(consumer = self.handle.name, %error, "cursor not kept; some will be read again");
        }
        Ended::Stopped
    }

    /// Too much is parked: nothing new is taken until some of it is out of the way.
    fn is_full(&self, was: bool) -> bool {
        let (parked, limit) = (self.lanes.len(), self.consumer.policy.parked_limit);
        let full = parked >= limit;
        if full && !was {
            tracing::warn!(consumer = self.handle.name, parked, limit, "consumer pauses: too many keys are parked");
        }
        full
    }

    async fn tick(&mut self, stop: &CancellationToken) -> Result<(), StoreError> {
        let now_us = self.setup.store.clock().now_us();
        for lane in self.lanes.due(now_us, 64) {
            commit::retry(self, lane, stop).await?;
        }
        if self.consumer.timers.is_some() {
            for due in timers::due(&self.setup.store, &self.handle.name, now_us, 64).await? {
                timer::fire(self, due, stop).await?;
            }
        }
        if self.cursor_kept.elapsed() >= KEEP_CURSOR {
            self.keep_cursors().await?;
        }
        let now = Instant::now();
        // Redriven by another process: nobody wakes this one.
        if self.setup.store.dialect() == Dialect::Postgres && now >= self.next_reload {
            self.next_reload = now + RELOAD;
            self.reload().await?;
        }
        if self.last_input.elapsed() >= IDLE && now >= self.next_look {
            // By hand: what is parked may have changed.
            self.reload().await?;
            self.look_every = (self.look_every * 2).min(Duration::from_secs(8));
            self.next_look = now + self.look_every;
            self.ask_heads();
        } else if self.last_input.elapsed() < IDLE {
            self.look_every = IDLE;
        }
        Ok(())
    }

    async fn reload(&mut self) -> Result<(), StoreError> {
        self.lanes = Lanes::new(parked::lanes(&self.setup.store, &self.handle.name, self.owned).await?);
        self.handle.state.parked_lanes.store(self.lanes.len() as u64, Ordering::Relaxed);
        Ok(())
    }
}

fn filters(setup: &Setup, stream: &str, owned: Partitions) -> Vec<String> {
    if let Some(filters) = setup.filters.get(stream) {
        return filters.clone();
    }
    let Some(spec) = setup.streams.get(stream).filter(|spec| !owned.is_all() && spec.stored_as.is_some()) else { return Vec::new() };
    let domain = spec.subject.trim_end_matches(".*.*");
    let key = if domain.starts_with("commands.") { ".*" } else { "" };
    owned.iter().map(|partition| format!("{domain}.*.{partition}{key}")).collect()
}
