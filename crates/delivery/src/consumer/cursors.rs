//! Where each stream is read on after a start: kept in the store now and then, and told to the broker at once.

use catalogue::Catalogue;
use messaging::Incoming;
use store::StoreError;
use store::positions::{self, Cursor};
use tokio::sync::watch;
use tokio::time::Instant;

use super::session::Session;
use super::sort::Writers;
use crate::share::Partitions;

/// Where one stream stands.
pub(super) struct Place {
    settle: watch::Sender<u64>,
    seen: Cursor,
    kept: u64,
    pub(super) writers: Writers,
}

impl Place {
    pub(super) fn new(catalogue: &Catalogue, stream: &str, settle: watch::Sender<u64>) -> Self {
        Self { settle, seen: Cursor::default(), kept: 0, writers: Writers::of(catalogue, stream) }
    }

    pub(super) fn see(&mut self, last: Cursor) {
        self.seen = last;
    }
}

/// What tells the message at a sequence from another one that got the same sequence after a loss: its id, else when it was stored.
pub(super) fn mark(message: &Incoming) -> String {
    if message.message_id.is_empty() { message.stored_ns.to_string() } else { message.message_id.clone() }
}

impl Session<'_> {
    /// Tells the broker how far all is committed. A word that gets lost does no harm: what counts is the cursor.
    pub(super) fn settle(&self) {
        for place in self.places.values() {
            let seen = place.seen.sequence;
            place.settle.send_if_modified(|settled| std::mem::replace(settled, seen) != seen);
        }
    }

    /// What was seen is not dealt with: no cursor goes past it.
    pub(super) fn unsee(&mut self) {
        for place in self.places.values_mut() {
            place.seen = Cursor::default();
        }
    }

    /// Cursors worth keeping: of streams none of whose partitions waits for a gap.
    pub(super) fn cursors(&self) -> Vec<(String, String, Cursor)> {
        let moved = self
            .places
            .iter()
            .filter(|(stream, place)| place.seen.sequence != place.kept && place.seen.sequence > 0 && !self.gaps.any_in(stream));
        let members: Vec<String> = members(self.owned);
        moved.flat_map(|(stream, place)| members.iter().map(|member| (stream.clone(), member.clone(), place.seen.clone()))).collect()
    }

    pub(super) fn note_cursors(&mut self) {
        self.cursor_kept = Instant::now();
        for place in self.places.values_mut() {
            place.kept = place.seen.sequence;
        }
    }

    pub(super) async fn keep_cursors(&mut self) -> Result<(), StoreError> {
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
}

/// Under which names a cursor is kept: one for all, or one for each partition when they are shared out.
pub(crate) fn members(owned: Partitions) -> Vec<String> {
    if owned.is_all() { vec![String::new()] } else { owned.iter().map(|partition| partition.to_string()).collect() }
}
