//! Taking what has come in: as much as is there, judged by position, committed in one go.

use messaging::Envelope;
use messaging::headers::Malformed;
use store::StoreError;
use store::positions::{Advance, Cursor};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::batch::Batch;
use super::commit;
use super::reached::Reached;
use super::reader::{Chunk, Messages};
use super::session::{KEEP_CURSOR, Session};
use super::sort::{Opened, Stranger, Taken, Verdict, Writers};

/// Messages of one round, sorted.
#[derive(Default)]
pub(super) struct Sorted {
    /// What is reached when this is committed.
    pub(super) ahead: Reached,
    pub(super) taken: Vec<Taken>,
    pub(super) strangers: Vec<Stranger>,
    repeats: u64,
}

impl Session<'_> {
    /// Takes what is already there, up to a batch; never waits to fill it.
    pub(super) async fn read(&mut self, first: Chunk, stop: &CancellationToken) -> Result<(), StoreError> {
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
            let Chunk { stream, last, messages } = chunk;
            if let Some(place) = self.places.get_mut(&stream) {
                place.see(last);
            }
            match messages {
                Messages::Ours(messages) => self.sort(&stream, messages, &mut work),
                Messages::Foreign(messages) => self.sort_foreign(&stream, messages, &mut work),
            }
        }
        self.setup.store.faults().point("consumer.after_take").await;
        let cursors = if self.cursor_kept.elapsed() >= KEEP_CURSOR { self.cursors() } else { Vec::new() };
        if self.commit(work, cursors, stop).await? {
            self.settle();
        }
        self.setup.store.faults().point("consumer.after_settle").await;
        Ok(())
    }

    pub(super) fn sort(&mut self, stream: &str, messages: Vec<Opened>, work: &mut Sorted) {
        let writers = self.places.get(stream).map_or(Writers::All, |place| place.writers.clone());
        for message in messages {
            match self.reached.judge(&mut work.ahead, stream, &writers, message) {
                Verdict::Take(taken) if self.owned.has(taken.partition) => work.taken.push(*taken),
                Verdict::Take(taken) => {
                    // Another process's; the filters let it through only while partitions change hands.
                    let Envelope { source, .. } = taken.envelope.as_ref();
                    work.ahead.reach(source, stream, taken.partition, 0);
                }
                Verdict::Repeat => work.repeats += 1,
                Verdict::Gap(slot, position, message) => self.gap(slot, position, Some(message)),
                Verdict::Foreign(message, malformed) => {
                    let (by_hand, fault) = (malformed == Malformed::Foreign, malformed.to_string());
                    work.strangers.push(Stranger { stream: stream.to_owned(), message, by_hand, fault });
                }
            }
        }
    }

    /// Ids tell repeats there, at the commit. The sequence that is kept as the position only fences a second reader of the partition.
    fn sort_foreign(&mut self, stream: &str, messages: Vec<Taken>, work: &mut Sorted) {
        for taken in messages {
            if self.owned.has(taken.partition) {
                work.ahead.reach("", stream, taken.partition, taken.envelope.sequence);
                work.taken.push(taken);
            }
        }
    }

    /// `false` = told to stop before it could be committed.
    pub(super) async fn commit(
        &mut self,
        work: Sorted,
        cursors: Vec<(String, String, Cursor)>,
        stop: &CancellationToken,
    ) -> Result<bool, StoreError> {
        if work.repeats > 0 {
            metrics::counter!("ensue_repeats_total", "consumer" => self.handle.name.clone()).increment(work.repeats);
        }
        if work.ahead.is_empty() && work.strangers.is_empty() && cursors.is_empty() {
            return Ok(true);
        }
        let advances: Vec<Advance> = work
            .ahead
            .all()
            .map(|(source, stream, partition, position)| Advance {
                source: source.to_owned(),
                stream: stream.to_owned(),
                partition,
                previous: self.reached.reached(source, stream, partition),
                position,
            })
            .collect();
        let batch = Batch {
            catalogue: self.setup.catalogue.clone(),
            consumer: self.consumer.clone(),
            actor: self.handle.name.clone(),
            door: self.setup.door.clone().map(std::sync::Arc::new),
            advances,
            cursors,
            taken: work.taken,
            parked: self.lanes.names(),
            strangers: work.strangers,
        };
        let keeps_cursors = !batch.cursors.is_empty();
        if !commit::commit(self, batch, stop).await? {
            self.unsee();
            return Ok(false);
        }
        for (source, stream, partition, position) in work.ahead.all() {
            self.reached.reach(source, stream, partition, position);
        }
        if keeps_cursors {
            self.note_cursors();
        }
        Ok(true)
    }
}
