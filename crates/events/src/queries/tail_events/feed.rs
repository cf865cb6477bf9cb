//! The one reader behind all tails: looks at the log after each commit, while anybody watches.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use ::store::{Store, StoreError};
use catalogue::Catalogue;
use prost::Message as _;
use tokio::sync::{broadcast, mpsc, oneshot};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::Tailed;
use crate::queries::shown;
use crate::store;

/// Events that a slow reader may be behind.
const HELD: usize = 1_024;
/// Bytes of an event that is held whole: all that is held fits into 64 MiB.
const LARGE: usize = 64 << 10;
/// Rows of one look.
const ROWS: usize = 256;
/// Another process's commits are seen at the next look.
const LOOK: Duration = Duration::from_millis(250);
/// A number that was given out and not committed by then never will be.
const PATIENCE: Duration = Duration::from_secs(10);
/// Missing numbers that are looked for.
const MISSING: usize = 500;

type Request = oneshot::Sender<broadcast::Receiver<Tailed>>;

/// Where tails begin.
#[derive(Clone)]
pub(crate) struct Tail(mpsc::Sender<Request>);

/// What feeds them.
pub(crate) struct Feed {
    requests: mpsc::Receiver<Request>,
    events: broadcast::Sender<Tailed>,
    last: i64,
    /// Numbers that others behind them have overtaken: on Postgres transactions commit in another order than their rows are numbered in.
    missing: BTreeMap<i64, Instant>,
}

pub(crate) fn channel() -> (Tail, Feed) {
    let (sender, requests) = mpsc::channel(16);
    let (events, _) = broadcast::channel(HELD);
    (Tail(sender), Feed { requests, events, last: 0, missing: BTreeMap::new() })
}

impl Tail {
    /// Everything that is committed from now on; `None` while the log can't be read.
    pub(crate) async fn subscribe(&self) -> Option<broadcast::Receiver<Tailed>> {
        let (answer, receiver) = oneshot::channel();
        self.0.send(answer).await.ok()?;
        receiver.await.ok()
    }
}

impl Feed {
    /// Feeds until `stop`.
    pub(crate) async fn run(mut self, store: Store, catalogue: Catalogue, stop: CancellationToken) {
        loop {
            // Before looking: a commit meanwhile is not overheard.
            let poked = store.poked("log");
            let watched = self.events.receiver_count() > 0;
            if watched {
                match self.look(&store, &catalogue).await {
                    Ok(ROWS) => continue,
                    Ok(_) => {}
                    Err(error) => tracing::warn!(%error, "the log can't be read for those who tail"),
                }
            }
            tokio::select! {
                () = stop.cancelled() => return,
                Some(request) = self.requests.recv() => self.begin(&store, request).await,
                () = poked, if watched => {}
                () = tokio::time::sleep(LOOK), if watched => {}
            }
        }
    }

    async fn begin(&mut self, store: &Store, request: Request) {
        if self.events.receiver_count() == 0 {
            match store::head(store).await {
                Ok(head) => (self.last, self.missing) = (head, BTreeMap::new()),
                // Whoever asked is told that it does not work now.
                Err(error) => return tracing::warn!(%error, "the log can't be read for those who tail"),
            }
        }
        let _ = request.send(self.events.subscribe());
    }

    /// Hands on what is new; how many rows that were.
    async fn look(&mut self, store: &Store, catalogue: &Catalogue) -> Result<usize, StoreError> {
        self.missing.retain(|_, since| since.elapsed() < PATIENCE);
        let missing: Vec<i64> = self.missing.keys().copied().take(MISSING).collect();
        let rows = store::behind(store, self.last, &missing, ROWS).await?;
        let count = rows.len();
        for row in rows {
            if self.missing.remove(&row.seq).is_none() {
                let now = Instant::now();
                let overtaken = (self.last + 1..row.seq).rev().take(MISSING);
                self.missing.extend(overtaken.map(|seq| (seq, now)));
                self.last = row.seq;
            }
            let mut event = shown::event(&row.envelope, false, catalogue);
            let large = event.encoded_len() > LARGE;
            if large {
                event.data = None;
            }
            let _ = self.events.send(Tailed { seq: row.seq, event: Arc::new(event), large });
        }
        Ok(count)
    }
}
