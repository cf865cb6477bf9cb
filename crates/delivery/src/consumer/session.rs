//! One session of a consumer: reads, judges by position, commits in batches, fills gaps, tries parked lanes again, fires timers.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use messaging::headers::Malformed;
use messaging::{Incoming, get_header};
use store::positions::{self, Advance, Cursor};
use store::{StoreError, timers};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::batch::Batch;
use super::fill::{self, Page};
use super::lanes::Lanes;
use super::reader::{Chunk, StreamReader};
use super::run::{ConsumerHandle, Setup};
use super::sort::{Reached, Slot, Taken, Verdict};
use super::{commit, parked};
use crate::pause::Pause;
use crate::share::Partitions;

/// How often timers and parked lanes are looked at.
const TICK: Duration = Duration::from_millis(250);
/// How long nothing must come before the owners' heads are asked.
const IDLE: Duration = Duration::from_secs(1);
/// How often the cursor is kept: after a crash this much is read again, and skipped.
const KEEP_CURSOR: Duration = Duration::from_secs(1);

pub(crate) enum Ended {
    Stopped,
    OtherPartitions,
    Failed(StoreError),
}

/// How far the owners are.
type Heads = Vec<(Slot, u64)>;

/// Where one stream stands.
pub(super) struct Place {
    settle: watch::Sender<u64>,
    seen: Cursor,
    kept: u64,
}

pub(crate) struct Session<'a> {
    pub(crate) setup: &'a Setup,
    pub(crate) handle: &'a ConsumerHandle,
    pub(crate) consumer: Arc<super::Consumer>,
    pub(crate) owned: Partitions,
    pub(crate) reached: Reached,
    pub(crate) lanes: Lanes,
    pub(crate) breaker: Pause,
    pub(super) places: HashMap<String, Place>,
    /// Gaps that are being filled, with the furthest position seen behind them.
    fills: HashMap<Slot, u64>,
    /// Heads that were ahead at the last look: a message may just be on its way.
    pub(super) ahead: HashMap<Slot, u64>,
    chunks: mpsc::Receiver<Chunk>,
    pages: (mpsc::Sender<Page>, mpsc::Receiver<Page>),
    pub(super) heads: (mpsc::Sender<Heads>, mpsc::Receiver<Heads>),
    pub(super) tasks: JoinSet<()>,
    cursor_kept: Instant,
    last_input: Instant,
    next_look: Instant,
    look_every: Duration,
}

impl<'a> Session<'a> {
    pub(crate) async fn open(setup: &'a Setup, handle: &'a ConsumerHandle, owned: Partitions) -> Result<Self, StoreError> {
        let mut reached = Reached::default();
        for (source, stream, partition, position) in positions::load(&setup.store, &handle.name).await? {
            reached.set(Slot { source, stream, partition }, position);
        }
        let lanes = Lanes::new(parked::lanes(&setup.store, &handle.name, owned).await?);
        let (chunk_sender, chunks) = mpsc::channel(2);
        let mut tasks = JoinSet::new();
        let mut places = HashMap::new();
        for stream in &setup.consumer.streams {
            let Some(spec) = setup.streams.get(stream) else {
                return Err(StoreError::Refused(format!("stream {stream} is not declared")));
            };
            let (settle, settled) = watch::channel(0);
            places.insert(stream.clone(), Place { settle, seen: Cursor::default(), kept: 0 });
            let reader = StreamReader {
                store: setup.store.clone(),
                broker: setup.broker.clone(),
                spec: spec.clone(),
                consumer: handle.name.clone(),
                members: owned,
                filters: filters(setup, stream, owned),
                prefetch: setup.consumer.policy.prefetch,
                batch: setup.consumer.policy.batch,
                settled,
                chunks: chunk_sender.clone(),
            };
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
            fills: HashMap::new(),
            ahead: HashMap::new(),
            chunks,
            pages: mpsc::channel(16),
            heads: mpsc::channel(1),
            tasks,
            cursor_kept: now,
            last_input: now,
            next_look: now + IDLE,
            look_every: IDLE,
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

    /// Takes what is already there, up to a batch; never waits to fill it.
    async fn read(&mut self, first: Chunk, stop: &CancellationToken) -> Result<(), StoreError> {
        self.last_input = Instant::now();
        let mut chunks = vec![first];
        let mut count = chunks[0].messages.len();
        while count < self.consumer.policy.batch {
            let Ok(chunk) = self.chunks.try_recv() else { break };
            count += chunk.messages.len();
            chunks.push(chunk);
        }
        let mut work = Sorted::default();
        for chunk in chunks {
            if let (Some(last), Some(place)) = (chunk.messages.last(), self.places.get_mut(&chunk.stream)) {
                place.seen = Cursor { sequence: last.sequence, created_ns: chunk.created_ns, message_id: last.message_id.clone() };
            }
            self.sort(&chunk.stream, chunk.messages, &mut work);
        }
        self.setup.store.faults().point("consumer.after_take").await;
        let cursors = if self.cursor_kept.elapsed() >= KEEP_CURSOR { self.cursors() } else { Vec::new() };
        self.commit(work, cursors, stop).await?;
        for place in self.places.values() {
            place.settle.send_if_modified(|settled| {
                let moved = *settled != place.seen.sequence;
                *settled = place.seen.sequence;
                moved
            });
        }
        self.setup.store.faults().point("consumer.after_settle").await;
        Ok(())
    }

    fn sort(&mut self, stream: &str, messages: Vec<Incoming>, work: &mut Sorted) {
        for message in messages {
            match self.reached.judge(&mut work.ahead, stream, message) {
                Verdict::Take(taken, slot) if self.owned.has(slot.partition) => work.taken.push(*taken),
                Verdict::Take(_, slot) => {
                    // Another process's; the filters let it through only while partitions change hands.
                    work.ahead.remove(&slot);
                }
                Verdict::Repeat => work.repeats += 1,
                Verdict::Gap(slot, position) => self.gap(slot, position),
                Verdict::Foreign(message, fault) => {
                    let fault = match fault {
                        Malformed::Foreign if get_header(&message.headers, "ce-id").is_none() => Malformed::Foreign.to_string(),
                        other => other.to_string(),
                    };
                    work.foreign.push((stream.to_owned(), message, fault));
                }
            }
        }
    }

    /// Something is missing: read it from whoever numbered it. The partition waits, the others go on.
    pub(super) fn gap(&mut self, slot: Slot, seen: u64) {
        if !self.owned.has(slot.partition) {
            return;
        }
        if let Some(furthest) = self.fills.get_mut(&slot) {
            *furthest = seen.max(*furthest);
            return;
        }
        let from = self.reached.get(&slot) + 1;
        tracing::info!(
            consumer = self.handle.name,
            source = slot.source,
            stream = slot.stream,
            partition = slot.partition,
            from,
            seen,
            "gap"
        );
        metrics::counter!("ensue_gaps_total", "consumer" => self.handle.name.clone()).increment(1);
        self.fills.insert(slot.clone(), seen);
        self.fill(slot);
    }

    fn fill(&mut self, slot: Slot) {
        let from = self.reached.get(&slot) + 1;
        self.tasks.spawn(fill::page(self.setup.broker.clone(), self.handle.name.clone(), slot, from, self.pages.0.clone()));
        self.handle.state.filling.store(self.fills.len() as u64, Ordering::Relaxed);
    }

    async fn filled(&mut self, page: Page, stop: &CancellationToken) -> Result<(), StoreError> {
        let Page { slot, messages } = page;
        let before = self.reached.get(&slot);
        let empty = messages.is_empty();
        let mut work = Sorted::default();
        let stream = slot.stream.clone();
        self.sort(&stream, messages, &mut work);
        work.foreign.clear();
        self.commit(work, Vec::new(), stop).await?;
        let reached = self.reached.get(&slot);
        let wanted = self.fills.get(&slot).copied().unwrap_or(0);
        if (!empty && reached > before) || (empty && wanted > reached && self.wait_for_owner().await) {
            self.fill(slot);
            return Ok(());
        }
        self.fills.remove(&slot);
        self.handle.state.filling.store(self.fills.len() as u64, Ordering::Relaxed);
        Ok(())
    }

    /// The owner's log ends before what was seen: it may be about to be numbered there.
    async fn wait_for_owner(&self) -> bool {
        tokio::time::sleep(Duration::from_millis(50)).await;
        true
    }

    async fn commit(&mut self, work: Sorted, cursors: Vec<(String, String, Cursor)>, stop: &CancellationToken) -> Result<(), StoreError> {
        if work.repeats > 0 {
            metrics::counter!("ensue_repeats_total", "consumer" => self.handle.name.clone()).increment(work.repeats);
        }
        if work.ahead.is_empty() && work.foreign.is_empty() && cursors.is_empty() {
            return Ok(());
        }
        let advances: Vec<Advance> = work
            .ahead
            .iter()
            .map(|(slot, position)| Advance {
                source: slot.source.clone(),
                stream: slot.stream.clone(),
                partition: slot.partition,
                previous: self.reached.get(slot),
                position: *position,
            })
            .collect();
        let batch = Batch {
            consumer: self.consumer.clone(),
            actor: self.handle.name.clone(),
            door: self.setup.door.clone().map(Arc::new),
            advances,
            cursors,
            taken: work.taken,
            parked: self.lanes.names(),
            foreign: work.foreign,
        };
        let keeps_cursors = !batch.cursors.is_empty();
        if !commit::commit(self, batch, stop).await? {
            return Ok(());
        }
        for (slot, position) in work.ahead {
            self.reached.set(slot, position);
        }
        if keeps_cursors {
            self.note_cursors();
        }
        Ok(())
    }

    /// Cursors worth keeping: of streams none of whose partitions waits for a gap.
    fn cursors(&self) -> Vec<(String, String, Cursor)> {
        let moved = self.places.iter().filter(|(stream, place)| {
            place.seen.sequence != place.kept && place.seen.sequence > 0 && !self.fills.keys().any(|slot| slot.stream == **stream)
        });
        let members: Vec<String> = members(self.owned);
        moved.flat_map(|(stream, place)| members.iter().map(|member| (stream.clone(), member.clone(), place.seen.clone()))).collect()
    }

    fn note_cursors(&mut self) {
        self.cursor_kept = Instant::now();
        for place in self.places.values_mut() {
            place.kept = place.seen.sequence;
        }
    }

    async fn keep_cursors(&mut self) -> Result<(), StoreError> {
        let cursors = self.cursors();
        if cursors.is_empty() {
            return Ok(());
        }
        let actor = self.handle.name.clone();
        self.setup
            .store
            .write::<_, StoreError, _>(move |work| {
                Box::pin(async move {
                    for (stream, members, cursor) in &cursors {
                        positions::keep_cursor(work, &actor, stream, members, cursor).await?;
                    }
                    Ok(())
                })
            })
            .await?;
        self.note_cursors();
        Ok(())
    }

    async fn tick(&mut self, stop: &CancellationToken) -> Result<(), StoreError> {
        let now_us = self.setup.store.clock().now_us();
        for lane in self.lanes.due(now_us, 64) {
            commit::retry(self, lane, stop).await?;
        }
        if self.consumer.timers.is_some() {
            for timer in timers::due(&self.setup.store, &self.handle.name, now_us, 64).await? {
                commit::fire(self, timer).await?;
            }
        }
        if self.cursor_kept.elapsed() >= KEEP_CURSOR {
            self.keep_cursors().await?;
        }
        let now = Instant::now();
        if self.last_input.elapsed() >= IDLE && now >= self.next_look {
            // Redriven by another process, or by hand: what is parked may have changed.
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

/// Messages of one round, sorted.
#[derive(Default)]
struct Sorted {
    ahead: HashMap<Slot, u64>,
    taken: Vec<Taken>,
    foreign: Vec<(String, Incoming, String)>,
    repeats: u64,
}

/// Under which names a cursor is kept: one for all, or one for each partition when they are shared out.
pub(crate) fn members(owned: Partitions) -> Vec<String> {
    if owned.is_all() { vec![String::new()] } else { owned.iter().map(|partition| partition.to_string()).collect() }
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
