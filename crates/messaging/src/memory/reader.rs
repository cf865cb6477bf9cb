//! A durable reader over a stream in memory.

use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::sync::watch;

use super::stream::Durable;
use super::{Shared, token};
use crate::broker::{BrokerError, Incoming, ReadFrom, Reader, ReaderSpec};

pub(super) struct MemoryReader {
    shared: Arc<Shared>,
    changed: watch::Receiver<u64>,
    spec: ReaderSpec,
    /// The stream's and the durable's making, and the connection it was opened on: all must still be the same.
    stream: u64,
    durable: u64,
    connection: u64,
    next: u64,
}

/// Replaces the durable.
pub(super) fn open(shared: &Arc<Shared>, spec: ReaderSpec) -> Result<MemoryReader, BrokerError> {
    token(&spec.durable)?;
    let changed = shared.changed.subscribe();
    let mut guard = shared.up()?;
    let state = &mut *guard;
    state.made += 1;
    let (durable, connection) = (state.made, state.connections);
    let stream = state.streams.get_mut(&spec.stream).ok_or_else(|| BrokerError::NoStream(spec.stream.clone()))?;
    let end = stream.last_sequence() + 1;
    let next = match spec.from {
        ReadFrom::First => 1,
        // Beyond the end there is nothing to skip: it starts with the next message.
        ReadFrom::Sequence(sequence) => sequence.clamp(1, end),
        ReadFrom::New => end,
    };
    stream.readers.insert(spec.durable.clone(), Durable { incarnation: durable, settled: 0 });
    let stream = stream.incarnation;
    drop(guard);
    // Whoever reads under this name has lost it.
    shared.alter(|_| ());
    Ok(MemoryReader { shared: shared.clone(), changed, spec, stream, durable, connection, next })
}

impl MemoryReader {
    /// What is there now, `max` at most.
    fn ready(&mut self, max: usize) -> Result<Vec<Incoming>, BrokerError> {
        let lost = |why: &str| BrokerError::ReaderLost(why.to_owned());
        let state = self.shared.up().map_err(|_| lost("the broker is down"))?;
        if state.connections != self.connection {
            return Err(lost("the connection was lost"));
        }
        let stream = state.streams.get(&self.spec.stream).filter(|stream| stream.incarnation == self.stream);
        let stream = stream.ok_or_else(|| lost("the stream was deleted"))?;
        if stream.readers.get(&self.spec.durable).is_none_or(|durable| durable.incarnation != self.durable) {
            return Err(lost("the durable was replaced"));
        }
        let batch: Vec<Incoming> = stream.from(self.next, &self.spec.filters).take(max.max(1)).cloned().collect();
        drop(state);
        if let Some(last) = batch.last() {
            self.next = last.sequence + 1;
        }
        Ok(batch)
    }
}

impl Reader for MemoryReader {
    fn take(&mut self, max: usize) -> BoxFuture<'_, Result<Vec<Incoming>, BrokerError>> {
        async move {
            loop {
                self.changed.mark_unchanged();
                let batch = self.ready(max)?;
                if !batch.is_empty() {
                    return Ok(batch);
                }
                // The sender lives in what this reader shares.
                let _ = self.changed.changed().await;
            }
        }
        .boxed()
    }

    fn settle(&self, sequence: u64) -> BoxFuture<'_, Result<(), BrokerError>> {
        let given = sequence.min(self.next.saturating_sub(1));
        self.shared.alter(|state| {
            let stream = state.streams.get_mut(&self.spec.stream).filter(|stream| stream.incarnation == self.stream);
            let durable = stream.and_then(|stream| stream.readers.get_mut(&self.spec.durable));
            if let Some(durable) = durable.filter(|durable| durable.incarnation == self.durable) {
                durable.settled = durable.settled.max(given);
            }
        });
        futures::future::ready(Ok(())).boxed()
    }
}
