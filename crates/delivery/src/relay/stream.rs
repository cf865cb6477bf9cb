//! One stream's part of the relay: publishes in the log's order, looks before it publishes, and goes back when the broker lost something.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::FutureExt as _;
use messaging::{Broker, PublishError, StreamSpec, Writers};
use store::{LogRow, Store, StoreError, log};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::RelayState;
use super::publish::{self, Answered, InFlight, Sent};
use super::sync::{self, Found, Kept};
use crate::pause::Pause;

/// Rows read from the store at once.
const PAGE: u32 = 1000;
/// Rows held in memory at most; more stay in the store.
const HELD: usize = 8192;
/// Rows counted at most while the broker takes none.
const COUNTED: u32 = 10_000;
/// Messages of one run at most: they have one answer.
const LONGEST_RUN: usize = 256;

/// The way rows come in: in memory, as long as nothing is missed.
#[derive(Clone)]
pub(crate) struct Feed {
    rows: mpsc::Sender<Vec<LogRow>>,
    missed: Arc<AtomicBool>,
}

impl Feed {
    /// Hands rows over, or notes that the stream has to read them from the store.
    pub(crate) fn hand(&self, rows: Vec<LogRow>) {
        if self.rows.try_send(rows).is_err() {
            self.missed.store(true, Ordering::Release);
        }
    }

    /// Makes the stream look into the store.
    pub(crate) fn look(&self) {
        self.missed.store(true, Ordering::Release);
        let _ = self.rows.try_send(Vec::new());
    }
}

pub(crate) struct StreamRelay {
    store: Store,
    broker: Arc<dyn Broker>,
    spec: StreamSpec,
    window: usize,
    epoch: i64,
    syncs: u32,
    state: Arc<RelayState>,
    missed: Arc<AtomicBool>,
    /// The last row that the broker has.
    kept: Kept,
    /// What the relay kept of the cursor in the store.
    saved: i64,
    /// The last row handed to the broker.
    sent: i64,
    last_id: Option<String>,
    /// Where the stream ended when it was looked at, and with one writer where it ends after what was acknowledged since.
    last_sequence: u64,
    /// Rows up to this one may be remembered by the broker although it lost them.
    again_up_to: i64,
    /// Rows wait in the store that are not in memory.
    behind: bool,
    pending: VecDeque<LogRow>,
    /// How long the next run may be: one row after a fault, and more with each that is taken. A row that the broker refuses holds up only those behind it.
    run: usize,
    /// By type: finding a counter costs more than counting.
    published: HashMap<String, metrics::Counter>,
    in_flight: InFlight,
}

enum Next {
    Rows(Option<Vec<LogRow>>),
    Answer(Answered),
    Send,
    Read,
    Save,
}

impl StreamRelay {
    pub(crate) fn new(
        store: Store,
        broker: Arc<dyn Broker>,
        spec: StreamSpec,
        window: usize,
        epoch: i64,
        state: Arc<RelayState>,
    ) -> (Self, Feed, mpsc::Receiver<Vec<LogRow>>) {
        let (rows, receiver) = mpsc::channel(64);
        let missed = Arc::new(AtomicBool::new(false));
        let feed = Feed { rows, missed: missed.clone() };
        let relay = Self {
            store,
            broker,
            spec,
            window,
            epoch,
            syncs: 0,
            state,
            missed,
            kept: Kept::default(),
            saved: 0,
            sent: 0,
            last_id: None,
            last_sequence: 0,
            again_up_to: 0,
            behind: true,
            pending: VecDeque::new(),
            run: 1,
            published: HashMap::new(),
            in_flight: InFlight::default(),
        };
        (relay, feed, receiver)
    }

    /// Publishes until `halt`, or until the feed has ended and all of it is published.
    pub(crate) async fn run(mut self, feed: mpsc::Receiver<Vec<LogRow>>, halt: CancellationToken) {
        let service = self.store.service().to_owned();
        let stream = self.spec.name.clone();
        let work = async {
            let mut feed = feed;
            let mut pause = Pause::new(Duration::from_millis(100), Duration::from_secs(5));
            loop {
                match self.session(&mut feed).await {
                    Ok(()) => break,
                    Err(fault) => {
                        tracing::warn!(service, stream, %fault, "relay looks at the stream again");
                        metrics::counter!("ensue_relay_resyncs_total", "stream" => stream.clone()).increment(1);
                        self.note_waiting().await;
                        if fault.at_once() {
                            pause.reset();
                        }
                        pause.wait().await;
                    }
                }
            }
        };
        tokio::select! {
            () = work => {}
            () = halt.cancelled() => {}
        }
        // Whoever leads next counts anew, here or elsewhere.
        self.state.forget(&self.spec.name);
    }

    /// Looks, then publishes until something is not as it should be. `Ok` = the feed ended and everything is out.
    async fn session(&mut self, feed: &mut mpsc::Receiver<Vec<LogRow>>) -> Result<(), Fault> {
        self.look().await?;
        let mut open = true;
        let mut save = tokio::time::interval(Duration::from_secs(1));
        loop {
            self.note();
            let room = self.in_flight.len() < self.window;
            let next = tokio::select! {
                biased;
                answer = self.in_flight.next(), if !self.in_flight.is_empty() => Next::Answer(answer),
                () = std::future::ready(()), if room && !self.pending.is_empty() => Next::Send,
                () = std::future::ready(()), if self.behind && self.pending.is_empty() => Next::Read,
                rows = feed.recv(), if open => Next::Rows(rows),
                _ = save.tick() => Next::Save,
                else => break,
            };
            match next {
                Next::Answer(answer) => self.settle_some(answer).await?,
                Next::Send => self.send().await?,
                Next::Read => self.read().await?,
                Next::Rows(Some(rows)) => self.take(rows),
                Next::Rows(None) => {
                    open = false;
                    self.heed_missed();
                }
                Next::Save => {
                    // The note may have been made when everything handed over had just been taken: no rows come to wake it.
                    self.heed_missed();
                    self.save().await?;
                }
            }
            if !open && !self.behind && self.pending.is_empty() && self.in_flight.is_empty() {
                break;
            }
        }
        self.save().await?;
        Ok(())
    }

    /// Finds the last row whose message is still there, and goes on after it.
    async fn look(&mut self) -> Result<(), Fault> {
        self.in_flight.clear();
        self.pending.clear();
        self.behind = true;
        self.run = 1;
        self.syncs += 1;
        if self.kept == Kept::default() {
            self.kept = sync::kept(&self.store, &self.spec.name).await?;
            self.saved = self.kept.seq;
        }
        let Found { seq, last_sequence, created_ns } = sync::find(&self.store, self.broker.as_ref(), &self.spec, &self.kept).await?;
        let known = self.kept.seq.max(self.sent);
        if seq < known {
            tracing::warn!(stream = self.spec.name, from = seq, to = known, "the broker lost messages: publishing them again");
        }
        self.again_up_to = self.again_up_to.max(known);
        self.sent = seq;
        self.kept.seq = seq;
        self.kept.created_ns = created_ns;
        self.last_id = None;
        self.last_sequence = last_sequence;
        Ok(())
    }

    fn take(&mut self, rows: Vec<LogRow>) {
        self.heed_missed();
        if self.pending.len() + rows.len() > HELD {
            self.behind = true;
        }
        if self.behind {
            // They will be read from the store, in their place.
            return;
        }
        let last = self.pending.back().map_or(self.sent, |row| row.seq);
        self.pending.extend(rows.into_iter().filter(|row| row.seq > last));
    }

    fn heed_missed(&mut self) {
        if self.missed.swap(false, Ordering::AcqRel) {
            self.behind = true;
        }
    }

    async fn read(&mut self) -> Result<(), Fault> {
        let rows = log::after(&self.store, &self.spec.name, self.sent, PAGE).await?;
        self.behind = rows.len() == PAGE as usize || self.missed.swap(false, Ordering::AcqRel);
        self.pending.extend(rows);
        Ok(())
    }

    /// A run of what waits, as long as there is room for it.
    async fn send(&mut self) -> Result<(), Fault> {
        let room = self.window.saturating_sub(self.in_flight.len());
        let rows: Vec<LogRow> = self.pending.drain(..self.pending.len().min(self.run).min(room)).collect();
        let (mut sent, mut run) = (Sent::default(), Vec::with_capacity(rows.len()));
        for row in rows {
            let attempt = (row.seq <= self.again_up_to).then(|| format!("{}.{}", self.epoch, self.syncs));
            let message_id = publish::message_id(&row, attempt.as_deref());
            tracing::debug!(
                event_id = row.envelope.id,
                event_type = row.envelope.type_,
                key = row.envelope.key,
                stream = row.stream,
                correlation_id = row.envelope.correlation_id,
                trace_id = row.envelope.trace.trace_id(),
                "publishing"
            );
            sent.add(&row, &message_id);
            run.push(publish::outgoing(row, message_id));
        }
        let expect = publish::expectation(self.spec.writers == Writers::One, self.last_id.take(), self.last_sequence);
        self.store.faults().point("relay.before_publish").await;
        let answer = self.broker.publish_run(run, expect).await.map_err(Fault::Publish)?;
        self.store.faults().point("relay.after_publish").await;
        self.sent = sent.last_seq;
        self.last_id = Some(sent.last_id.clone());
        self.in_flight.push(sent, answer);
        Ok(())
    }

    /// The answer, and those behind it that are there already.
    async fn settle_some(&mut self, first: Answered) -> Result<(), Fault> {
        self.settle(first).await?;
        while let Some(answer) = self.in_flight.next().now_or_never() {
            self.settle(answer).await?;
        }
        Ok(())
    }

    async fn settle(&mut self, Answered { sent, result }: Answered) -> Result<(), Fault> {
        let ack = result.map_err(Fault::Publish)?;
        self.store.faults().point("relay.after_ack").await;
        for (message_id, sequence) in &ack.remembered {
            // It was there, but is it still? A purge within the duplicate window leaves only the memory of it.
            let there = self.broker.message(&self.spec.name, *sequence).await.map_err(Fault::Broker)?;
            if there.is_none_or(|message| message.message_id != *message_id) {
                return Err(self.forgotten(&sent));
            }
        }
        let stored = sent.rows - ack.remembered.len();
        let expected = self.last_sequence + sent.rows as u64;
        self.last_sequence = ack.sequence;
        // The answer to a batch does not name those that were only remembered: they are missing in the count.
        if self.spec.writers == Writers::One && ack.remembered.is_empty() && ack.sequence != expected {
            return Err(self.forgotten(&sent));
        }
        self.run = (self.run * 2).min(LONGEST_RUN);
        self.state.count(stored as u64);
        for (type_, count) in &sent.types {
            self.counter(type_).increment(*count);
        }
        self.kept.seq = sent.last_seq;
        self.kept.sequence = ack.sequence;
        self.kept.message_id = sent.last_id;
        Ok(())
    }

    fn forgotten(&mut self, sent: &Sent) -> Fault {
        self.again_up_to = self.again_up_to.max(self.sent);
        self.kept.seq = self.kept.seq.min(sent.first_seq - 1);
        Fault::Forgotten
    }

    fn counter(&mut self, type_: &str) -> metrics::Counter {
        if let Some(counter) = self.published.get(type_) {
            return counter.clone();
        }
        let counter = metrics::counter!("ensue_events_published_total", "type" => type_.to_owned());
        self.published.insert(type_.to_owned(), counter.clone());
        counter
    }

    /// Keeps how far the broker has it; lazily, because the stream itself is asked first.
    async fn save(&mut self) -> Result<(), Fault> {
        if self.saved != self.kept.seq {
            sync::keep(&self.store, &self.spec.name, &self.kept).await?;
            self.saved = self.kept.seq;
        }
        Ok(())
    }

    /// What waits while nothing is published: what is in memory says little then.
    async fn note_waiting(&mut self) {
        match log::waiting(&self.store, &self.spec.name, self.kept.seq, COUNTED).await {
            Ok((count, oldest)) => self.state.note(&self.spec.name, count, oldest, true),
            Err(error) => tracing::debug!(stream = self.spec.name, %error, "what waits can't be counted"),
        }
    }

    fn note(&self) {
        let oldest = self.pending.front().map(|row| row.envelope.time_us);
        self.state.note(&self.spec.name, self.pending.len() + self.in_flight.len(), oldest, self.in_flight.is_empty());
    }
}

/// Why a session ended.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    #[error("publish: {0}")]
    Publish(PublishError),
    #[error("{0}")]
    Broker(messaging::BrokerError),
    #[error("{0}")]
    Store(#[from] StoreError),
    #[error("the broker remembers a message that it no longer has, or stored another number of them than it was given")]
    Forgotten,
    #[error("{0}")]
    Foreign(String),
}

impl Fault {
    /// Whether looking again at once is worth it.
    fn at_once(&self) -> bool {
        matches!(self, Self::Publish(PublishError::WrongLast) | Self::Forgotten)
    }
}

#[cfg(test)]
mod tests;
