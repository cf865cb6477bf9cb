//! One transaction of a consumer: positions, handlers in order, what follows from them, and what failed.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use catalogue::Catalogue;
use catalogue::platform::v1::DeadLetterAnnounced;
use messaging::{Envelope, Failure};
use store::positions::{self, Advance, Cursor};
use store::{StoreError, Work, params};

use super::Consumer;
use super::parked::{self, As};
use super::sort::{Stranger, Taken};
use crate::door::Door;
use crate::handler::Erased;
use crate::panics::caught;
use crate::policy::Mode;

/// What is to be done in one transaction. Shared, because it may be run more than once before its commit.
pub(crate) struct Batch {
    pub(crate) catalogue: Catalogue,
    pub(crate) consumer: Arc<Consumer>,
    /// The consumer's full name.
    pub(crate) actor: String,
    pub(crate) door: Option<Arc<Door>>,
    pub(crate) advances: Vec<Advance>,
    /// (stream, members, cursor)
    pub(crate) cursors: Vec<(String, String, Cursor)>,
    pub(crate) taken: Vec<Taken>,
    /// Lanes that had something parked before this batch.
    pub(crate) parked: HashSet<String>,
    pub(crate) strangers: Vec<Stranger>,
}

/// What was done.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) handled: u64,
    pub(crate) skipped: u64,
    pub(crate) retried: u64,
    /// Lanes that got something parked.
    pub(crate) parked: Vec<(String, i64)>,
    pub(crate) dead: Vec<DeadLetterAnnounced>,
}

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Undone {
    #[error("{0}")]
    Store(#[from] StoreError),
    /// This event's handler failed: run again with one savepoint per lane.
    #[error("event {at}: {failure}")]
    Failed { at: usize, failure: Failure },
    /// Everyone would fail.
    #[error("{0}")]
    Unavailable(String),
    /// A message of a version that this program does not know yet.
    #[error("{0}")]
    Newer(String),
}

impl Undone {
    /// Whether it is certain that nothing was committed. A store that went away may have committed and not said so.
    pub(crate) fn is_undone(&self) -> bool {
        !matches!(self, Self::Store(StoreError::Unavailable(_)))
    }
}

/// How the handlers run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Run {
    /// All in one go; the first failure takes everything back. A savepoint per event costs a factor of three (measured).
    Optimistic,
    /// A savepoint per lane; what fails is parked.
    ByLane,
}

impl Batch {
    /// Positions only: for the modes where they commit apart from the effect.
    pub(crate) async fn positions(&self, work: &mut Work) -> Result<(), Undone> {
        positions::advance(work, &self.actor, &self.advances).await?;
        for (stream, members, cursor) in &self.cursors {
            positions::keep_cursor(work, &self.actor, stream, members, cursor).await?;
        }
        Ok(())
    }

    /// Everything.
    pub(crate) async fn run(&self, work: &mut Work, how: Run) -> Result<Report, Undone> {
        let mut report = Report::default();
        if self.consumer.policy.mode == Mode::ExactlyOnce {
            self.positions(work).await?;
        }
        self.adopt(work, how, &mut report).await?;
        let taken = self.unseen(work).await?;
        report.skipped += (self.taken.len() - taken.len()) as u64;
        match how {
            Run::Optimistic => self.all(work, &taken, &mut report).await?,
            Run::ByLane => self.by_lane(work, &taken, &mut report).await?,
        }
        Ok(report)
    }

    /// Runs of messages with the same handler, in order of arrival.
    async fn all(&self, work: &mut Work, all: &[&Taken], report: &mut Report) -> Result<(), Undone> {
        let mut at = 0;
        while at < all.len() {
            let taken = all[at];
            if self.waits(taken) && self.wants(taken)? {
                parked::park(work, &self.actor, taken, As::Follower).await?;
                at += 1;
                continue;
            }
            let Some(handler) = self.handler(taken).map_err(|failure| at_once(at, failure))? else {
                report.skipped += 1;
                at += 1;
                continue;
            };
            let same = |other: &Taken| {
                handler.takes_batches()
                    // What can be undone is looked up one by one.
                    && self.consumer.undoes.is_empty()
                    && !self.waits(other)
                    && (is_alike(taken, other) || self.handler(other).ok().flatten().is_some_and(|theirs| Arc::ptr_eq(theirs, handler)))
            };
            let run = 1 + all[at + 1..].iter().take_while(|other| same(other)).count();
            let handled = self.handle(work, handler, &all[at..at + run]).await;
            if let Err((failed, failure)) = handled {
                return Err(at_once(at + failed, failure));
            }
            report.handled += run as u64;
            at += run;
        }
        Ok(())
    }

    /// One savepoint per lane; a lane that fails keeps what came before the failure and parks the rest.
    async fn by_lane(&self, work: &mut Work, all: &[&Taken], report: &mut Report) -> Result<(), Undone> {
        let mut lanes: BTreeMap<String, (usize, Vec<&Taken>)> = BTreeMap::new();
        for (at, taken) in all.iter().copied().enumerate() {
            if self.wants(taken)? {
                lanes.entry(taken.lane()).or_insert_with(|| (at, Vec::new())).1.push(taken);
            } else {
                report.skipped += 1;
            }
        }
        let mut in_order: Vec<_> = lanes.into_iter().collect();
        in_order.sort_unstable_by_key(|(_, (first, _))| *first);
        for (lane, (_, events)) in in_order {
            let mut rest = events.as_slice();
            if self.parked.contains(&lane) {
                self.follow(work, rest).await?;
                continue;
            }
            while !rest.is_empty() {
                let Some((good, failure)) = self.lane(work, rest).await? else {
                    report.handled += rest.len() as u64;
                    break;
                };
                // What came before the failure was taken back with it: do it again, alone.
                if good > 0 && self.lane(work, &rest[..good]).await?.is_some() {
                    return Err(Undone::Unavailable(format!("a handler of {} does not repeat itself", self.actor)));
                }
                report.handled += good as u64;
                let keeps_lane = self.fail(work, rest[good], failure, report).await?;
                rest = &rest[good + 1..];
                if keeps_lane {
                    self.follow(work, rest).await?;
                    break;
                }
            }
        }
        Ok(())
    }

    async fn follow(&self, work: &mut Work, events: &[&Taken]) -> Result<(), Undone> {
        for taken in events {
            parked::park(work, &self.actor, taken, As::Follower).await?;
        }
        Ok(())
    }

    /// Handles a lane's events in a savepoint: `None` = all good, else how many were before the one that failed.
    pub(super) async fn lane(&self, work: &mut Work, events: &[&Taken]) -> Result<Option<(usize, Failure)>, Undone> {
        let mark = work.begin_group().await?;
        for (at, taken) in events.iter().enumerate() {
            let Err(failure) = self.one(work, taken).await else { continue };
            if let Failure::Unavailable { error } = failure {
                return Err(Undone::Unavailable(error));
            }
            work.undo_group(mark).await?;
            return Ok(Some((at, failure)));
        }
        work.end_group().await?;
        Ok(None)
    }

    /// Handles one event, and puts what follows from it into the log at once: if the log refuses that, it is this event's failure.
    async fn one(&self, work: &mut Work, taken: &Taken) -> Result<(), Failure> {
        let Some(handler) = self.handler(taken)? else { return Ok(()) };
        self.handle(work, handler, &[taken]).await.map_err(|(_, failure)| failure)?;
        work.flush().await.map_err(|error| match error {
            StoreError::Refused(_) => Failure::dead(error),
            error => error.into(),
        })
    }

    /// Runs one handler over its messages; the index and the failure of the first that failed.
    async fn handle(&self, work: &mut Work, handler: &Arc<dyn Erased>, events: &[&Taken]) -> Result<(), (usize, Failure)> {
        if let [event] = events
            && self.is_refused(work, &event.envelope).await.map_err(|error| (0, error.into()))?
        {
            tracing::info!(
                consumer = self.actor,
                event_id = event.envelope.id,
                event_type = event.envelope.type_,
                key = event.envelope.key,
                "refused: it was undone before it was done"
            );
            return Ok(());
        }
        let envelopes: Vec<Arc<Envelope>> = events.iter().map(|taken| taken.envelope.clone()).collect();
        let outcomes = caught(async { Ok(handler.run(&envelopes, &self.actor, work).await) }).await.map_err(|failure| (0, failure))?;
        for (at, outcome) in outcomes.into_iter().enumerate() {
            outcome.map_err(|failure| (at, failure))?;
        }
        if let [event] = events
            && let Some(undone) = self.consumer.undoes.get(event.envelope.type_.as_str())
        {
            let sql = "INSERT INTO tombstones (type, key, at_us) VALUES ($1, $2, $3) ON CONFLICT (type, key) DO NOTHING";
            let params = params![*undone, &event.envelope.key, work.now_us()];
            work.execute(sql, params).await.map_err(|error| (0, error.into()))?;
        }
        Ok(())
    }

    /// Whether this do was undone already.
    async fn is_refused(&self, work: &mut Work, envelope: &Envelope) -> Result<bool, StoreError> {
        if !self.consumer.undoes.values().any(|done| *done == envelope.type_) {
            return Ok(false);
        }
        let row = work.row("SELECT at_us FROM tombstones WHERE type = $1 AND key = $2", params![&envelope.type_, &envelope.key]).await?;
        Ok(row.is_some())
    }

    /// Whether something of its lane was parked before it.
    fn waits(&self, taken: &Taken) -> bool {
        !self.parked.is_empty() && self.parked.contains(&taken.lane())
    }

    fn wants(&self, taken: &Taken) -> Result<bool, Undone> {
        match self.handler(taken) {
            Ok(handler) => Ok(handler.is_some()),
            Err(Failure::Unavailable { error }) => Err(Undone::Newer(error)),
            Err(_) => Ok(true),
        }
    }

    /// `None` = of no interest here.
    pub(super) fn handler(&self, taken: &Taken) -> Result<Option<&Arc<dyn Erased>>, Failure> {
        let envelope = &taken.envelope;
        if let Some(stream) = &taken.foreign {
            let missing = || Failure::dead(format!("stream {stream} is no source of this consumer any more"));
            return self.consumer.foreign_handler(stream).map(Some).ok_or_else(missing);
        }
        let handler = self.consumer.handler(envelope.kind, &envelope.type_);
        let known = self.catalogue.by_schema(&envelope.schema).is_some();
        if known && (handler.is_some() || self.catalogue.find_kind(envelope.kind, &envelope.type_).is_some()) {
            return Ok(handler);
        }
        if self.catalogue.is_newer(&envelope.schema) {
            // A rolling deploy: who knows the version will come. Who does not care about the type goes on.
            return match handler {
                Some(_) => Err(Failure::Unavailable { error: format!("{} is newer than this program knows", envelope.schema) }),
                None => Ok(None),
            };
        }
        Err(Failure::dead(format!("type {} ({}) is in no catalogue", envelope.type_, envelope.schema)))
    }
}

/// Whether the same handler takes both, as can be seen without looking it up.
fn is_alike(one: &Taken, other: &Taken) -> bool {
    let (a, b) = (&one.envelope, &other.envelope);
    a.kind == b.kind && a.type_ == b.type_ && a.schema == b.schema && one.foreign == other.foreign
}

fn at_once(at: usize, failure: Failure) -> Undone {
    match failure {
        Failure::Unavailable { error } => Undone::Unavailable(error),
        failure => Undone::Failed { at, failure },
    }
}
