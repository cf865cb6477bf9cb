//! Gaps: a position says that something is missing. Its partition waits and is filled from the owner's log, the others go on.

use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::time::Duration;

use messaging::Incoming;
use store::StoreError;
use tokio_util::sync::CancellationToken;

use super::fill::{self, Page};
use super::reached::Slot;
use super::session::Session;
use super::sort::{Opened, Stranger};
use super::take::Sorted;

/// Messages of one partition that are kept while its gap is filled. Those of the log come back with it: what counts are strangers.
const SUSPECTS: usize = 1_000;
/// How long to wait before the owner is asked again for what can't be read.
const UNREADABLE: Duration = Duration::from_secs(5);

/// The gaps that are being filled.
#[derive(Default)]
pub(super) struct Gaps {
    open: HashMap<Slot, Gap>,
}

struct Gap {
    since_us: i64,
    /// What was seen behind it; the owner's log tells whether they are from there.
    suspects: Vec<(u64, Incoming)>,
}

impl Gaps {
    pub(super) fn any_in(&self, stream: &str) -> bool {
        self.open.keys().any(|slot| slot.stream == stream)
    }

    fn oldest_us(&self) -> i64 {
        self.open.values().map(|gap| gap.since_us).min().unwrap_or(0)
    }
}

impl Gap {
    /// The lowest positions are the likeliest to be in the log.
    fn suspect(&mut self, position: u64, message: Incoming) {
        if self.suspects.len() >= SUSPECTS {
            let lowest = self.suspects.iter().enumerate().min_by_key(|(_, (position, _))| *position).map(|(at, _)| at);
            lowest.map(|at| self.suspects.swap_remove(at));
        }
        self.suspects.push((position, message));
    }
}

impl Session<'_> {
    /// Something is missing: read it from whoever numbered it. `behind` was seen behind the gap.
    pub(super) fn gap(&mut self, slot: Slot, seen: u64, behind: Option<Incoming>) {
        if !self.owned.has(slot.partition) {
            return;
        }
        let from = self.reached.get(&slot) + 1;
        let since_us = self.setup.store.clock().now_us();
        let is_new = !self.gaps.open.contains_key(&slot);
        let gap = self.gaps.open.entry(slot.clone()).or_insert(Gap { since_us, suspects: Vec::new() });
        if let Some(message) = behind {
            gap.suspect(seen, message);
        }
        if !is_new {
            return;
        }
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
        self.fill(slot, Duration::ZERO);
    }

    fn fill(&mut self, slot: Slot, pause: Duration) {
        let from = self.reached.get(&slot) + 1;
        let page = fill::page(self.setup.broker.clone(), self.handle.name.clone(), slot, from, self.pages.0.clone());
        self.tasks.spawn(async move {
            tokio::time::sleep(pause).await;
            page.await;
        });
        self.handle.state.gap_since_us.store(self.gaps.oldest_us(), Ordering::Relaxed);
    }

    pub(super) async fn filled(&mut self, page: Page, stop: &CancellationToken) -> Result<(), StoreError> {
        let Page { slot, from, messages } = page;
        let is_end = messages.is_empty();
        let mut work = Sorted::default();
        self.sort(&slot.stream, messages.into_iter().map(Opened::from).collect(), &mut work);
        work.strangers.clear();
        self.commit(work, Vec::new(), stop).await?;
        let reached = self.reached.get(&slot);
        if !is_end {
            let moved = reached >= from;
            if !moved {
                tracing::error!(
                    consumer = self.handle.name,
                    source = slot.source,
                    stream = slot.stream,
                    from,
                    "the owner's log can't be read here"
                );
            }
            self.fill(slot, if moved { Duration::ZERO } else { UNREADABLE });
            return Ok(());
        }
        let gap = self.gaps.open.remove(&slot);
        self.handle.state.gap_since_us.store(self.gaps.oldest_us(), Ordering::Relaxed);
        let suspects = gap.map(|gap| gap.suspects).unwrap_or_default();
        self.strangers_behind(&slot, reached, suspects, stop).await
    }

    /// The owner's log ends here. A position is committed before it is published, so what claims a later one is in nobody's log.
    async fn strangers_behind(
        &mut self,
        slot: &Slot,
        end: u64,
        suspects: Vec<(u64, Incoming)>,
        stop: &CancellationToken,
    ) -> Result<(), StoreError> {
        let mut work = Sorted::default();
        for (position, message) in suspects.into_iter().filter(|(position, _)| *position > end) {
            let fault = format!("header ce-position is not valid: {position}, the log of {} ends at {end} there", slot.source);
            work.strangers.push(Stranger { stream: slot.stream.clone(), message, by_hand: false, fault });
        }
        self.commit(work, Vec::new(), stop).await.map(|_| ())
    }
}
