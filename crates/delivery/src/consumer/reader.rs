//! Reading one stream: makes the durable anew where the consumer stands, and again whenever it is lost.

use std::sync::Arc;
use std::time::Duration;

use messaging::{Broker, BrokerError, Incoming, ReadFrom, Reader, ReaderSpec, StreamSpec, StreamState};
use store::positions::{self, Cursor};
use store::{Store, StoreError};
use tokio::sync::{mpsc, watch};

use super::cursors::{mark, members};
use super::foreign::ForeignSource;
use super::sort::{Opened, Taken};
use crate::pause::Pause;
use crate::share::Partitions;

/// How long the durable of a share stays when nobody reads from it.
const SHARED_UNUSED: Duration = Duration::from_secs(3600);

/// A run of messages of one stream, opened here, while the batch before it is committed.
pub(crate) struct Chunk {
    pub(crate) stream: String,
    /// Where the last of them stands.
    pub(crate) last: Cursor,
    pub(crate) messages: Messages,
}

pub(crate) enum Messages {
    Ours(Vec<Opened>),
    Foreign(Vec<Taken>),
}

impl Messages {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Ours(messages) => messages.len(),
            Self::Foreign(messages) => messages.len(),
        }
    }
}

/// Whose stream it is.
pub(crate) enum Owner {
    /// Made where it is not there.
    Us(StreamSpec),
    /// It is there, or it is waited for.
    Foreign(ForeignSource),
}

pub(crate) struct StreamReader {
    pub(crate) store: Store,
    pub(crate) broker: Arc<dyn Broker>,
    pub(crate) stream: String,
    pub(crate) owner: Owner,
    /// The consumer's full name, also the durable's.
    pub(crate) consumer: String,
    /// Whose partitions: part of the durable's name and of the cursor's key.
    pub(crate) members: Partitions,
    pub(crate) filters: Vec<String>,
    pub(crate) prefetch: usize,
    pub(crate) batch: usize,
    pub(crate) settled: watch::Receiver<u64>,
    pub(crate) chunks: mpsc::Sender<Chunk>,
}

#[derive(Debug, thiserror::Error)]
enum Lost {
    #[error("{0}")]
    Broker(#[from] BrokerError),
    #[error("{0}")]
    Store(#[from] StoreError),
    #[error("the consumer has stopped")]
    Stopped,
}

impl StreamReader {
    /// Reads until nobody takes the chunks any more.
    pub(crate) async fn run(mut self) {
        let mut pause = Pause::new(Duration::from_millis(50), Duration::from_secs(5));
        loop {
            match self.session(&mut pause).await {
                Err(Lost::Stopped) | Ok(()) => return,
                Err(error) => {
                    tracing::warn!(consumer = self.consumer, stream = self.stream, %error, "reader lost; opening it again");
                    metrics::counter!("ensue_readers_lost_total", "consumer" => self.consumer.clone()).increment(1);
                }
            }
            tokio::select! {
                () = pause.wait() => {}
                () = self.chunks.closed() => return,
            }
        }
    }

    async fn session(&mut self, pause: &mut Pause) -> Result<(), Lost> {
        let state = self.state().await?;
        let from = self.start(state.created_ns).await?;
        let shared = self.members.iter().next().filter(|_| !self.members.is_all());
        let durable = shared.map_or_else(|| self.consumer.clone(), |first| format!("{}-p{first}", self.consumer));
        let spec = ReaderSpec {
            stream: self.stream.clone(),
            durable,
            filters: self.filters.clone(),
            from,
            prefetch: self.prefetch,
            // Shares change hands, and with them the names: those that nobody reads from any more go by themselves.
            unused_for: shared.map(|_| SHARED_UNUSED),
        };
        let mut reader = self.broker.read(spec).await?;
        tracing::debug!(consumer = self.consumer, stream = self.stream, ?from, "reading");
        loop {
            let messages = self.next(reader.as_mut()).await?;
            pause.reset();
            let Some(last) = messages.last() else { continue };
            let last = Cursor { sequence: last.sequence, created_ns: state.created_ns, message_id: mark(last) };
            let messages = match &self.owner {
                Owner::Us(_) => Messages::Ours(messages.into_iter().map(Opened::from).collect()),
                Owner::Foreign(source) => Messages::Foreign(messages.into_iter().map(|message| source.take(message)).collect()),
            };
            let chunk = Chunk { stream: self.stream.clone(), last, messages };
            self.chunks.send(chunk).await.map_err(|_| Lost::Stopped)?;
        }
    }

    async fn state(&self) -> Result<StreamState, BrokerError> {
        match &self.owner {
            Owner::Us(spec) => self.broker.ensure(spec).await,
            Owner::Foreign(_) => self.broker.state(&self.stream).await?.ok_or_else(|| BrokerError::NoStream(self.stream.clone())),
        }
    }

    /// After the cursor, if the stream still is the one it was kept for; else from the beginning: positions tell repeats.
    async fn start(&self, created_ns: i64) -> Result<ReadFrom, Lost> {
        let Some(cursor) = self.cursor(created_ns).await? else { return Ok(ReadFrom::First) };
        let Some(state) = self.broker.state(&self.stream).await? else { return Ok(ReadFrom::First) };
        if cursor.sequence < state.first_sequence {
            return Ok(ReadFrom::Sequence(cursor.sequence + 1));
        }
        let at = self.broker.message(&self.stream, cursor.sequence).await?;
        Ok(match at {
            Some(message) if mark(&message) == cursor.message_id => ReadFrom::Sequence(cursor.sequence + 1),
            _ => ReadFrom::First,
        })
    }

    /// The earliest place that one of our partitions needs. A cursor of all partitions is good for each of them.
    async fn cursor(&self, created_ns: i64) -> Result<Option<Cursor>, StoreError> {
        let usable = |cursor: Option<Cursor>| cursor.filter(|cursor| cursor.created_ns == created_ns && cursor.sequence > 0);
        let common = usable(positions::cursor(&self.store, &self.consumer, &self.stream, "").await?);
        if self.members.is_all() {
            return Ok(common);
        }
        let mut lowest: Option<Cursor> = None;
        for member in members(self.members) {
            let own = usable(positions::cursor(&self.store, &self.consumer, &self.stream, &member).await?);
            let Some(best) = own.into_iter().chain(common.clone()).max_by_key(|cursor| cursor.sequence) else { return Ok(None) };
            if lowest.as_ref().is_none_or(|lowest| best.sequence < lowest.sequence) {
                lowest = Some(best);
            }
        }
        Ok(lowest)
    }

    async fn next(&mut self, reader: &mut dyn Reader) -> Result<Vec<Incoming>, Lost> {
        loop {
            let batch = self.batch;
            tokio::select! {
                messages = reader.take(batch) => return Ok(messages?),
                changed = self.settled.changed() => {
                    changed.map_err(|_| Lost::Stopped)?;
                }
            }
            let sequence = *self.settled.borrow_and_update();
            reader.settle(sequence).await?;
        }
    }
}
