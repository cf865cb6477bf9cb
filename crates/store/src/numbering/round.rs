//! The relay's rounds: what is in the outbox is numbered and handed over.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::{Mutex, OwnedMutexGuard};

use super::{Given, NUMBER, Numbered, Numbers, columns};
use crate::conn::Dialect;
use crate::leases::{self, Lease};
use crate::log::{self, LogRow};
use crate::{Store, StoreError, params};

/// Outbox rows numbered in one transaction.
const BATCH: i64 = 1000;
/// Outbox rows taken until the database is told to clear them away.
const CLEARED: usize = 20_000;

/// Held by the relay of a store while it leads: it alone numbers. On SQLite the writer does, and there is nothing to do here.
pub struct Numbering {
    store: Store,
    /// How long the lease lasts from each round on, µs.
    lasts_us: i64,
    numbers: Arc<Mutex<Numbers>>,
    /// Outbox rows taken since the last clearing.
    taken: usize,
    clearing: Option<tokio::task::JoinHandle<()>>,
}

impl Numbering {
    /// From its first round on this process numbers what it commits.
    pub fn begin(store: &Store, lease: &Lease, lasts_us: i64) -> Self {
        let numbers = Arc::new(Mutex::new(Numbers { lease: lease.clone(), given: Given::default(), known: false }));
        store.fresh().number_with(Some(numbers.clone()));
        Self { store: store.clone(), lasts_us, numbers, taken: 0, clearing: None }
    }

    /// Numbers all that is in the outbox, and hands over none of it: for those who read what is to be published from the store.
    pub async fn catch_up(&mut self) -> Result<(), StoreError> {
        let Some(mut numbers) = self.turn().await? else { return Ok(()) };
        self.store.fresh().take_unnumbered();
        while self.take(&mut numbers, i64::MAX).await?.len() as i64 == BATCH {}
        Ok(())
    }

    /// Numbers what is in the outbox, that of other processes too, and hands it over. It takes what is there, not what is "above the last id": a row
    /// that commits late is taken when it is there.
    pub async fn round(&mut self) -> Result<(), StoreError> {
        let Some(mut numbers) = self.turn().await? else { return Ok(()) };
        let mut own: HashMap<i64, LogRow> = self.store.fresh().take_unnumbered().into_iter().map(|row| (row.seq, row)).collect();
        // What was committed behind the last of them is about to be handed over, and would have to be read back.
        let up_to = match own.keys().max() {
            Some(last) => *last,
            None if self.is_empty().await? => return Ok(()),
            None => i64::MAX,
        };
        loop {
            let taken = self.take(&mut numbers, up_to).await?;
            let full = taken.len() as i64 == BATCH;
            if full && own.is_empty() {
                // More than a moment's work of others: it stays in the store until it can be published.
                self.store.fresh().miss();
            } else {
                self.store.fresh().hand(self.rows(taken, &mut own).await?);
            }
            if !full {
                return Ok(());
            }
        }
    }

    /// Nobody else numbers until it is dropped. `None` on SQLite.
    async fn turn(&self) -> Result<Option<OwnedMutexGuard<Numbers>>, StoreError> {
        if self.store.dialect() == Dialect::Sqlite {
            return Ok(None);
        }
        let mut numbers = self.numbers.clone().lock_owned().await;
        if !numbers.known {
            // Whose end is not known may still be about to commit: it has the lease's row.
            let (lease, lasts_us) = (numbers.lease.clone(), self.lasts_us);
            self.store.write::<_, StoreError, _>(move |work| Box::pin(async move { leases::hold(work, &lease, lasts_us).await })).await?;
            numbers.given = given(&self.store).await?;
            numbers.known = true;
        }
        Ok(Some(numbers))
    }

    async fn is_empty(&self) -> Result<bool, StoreError> {
        let row = self.store.row("SELECT event_seq FROM outbox ORDER BY event_seq LIMIT 1", params![]).await?;
        Ok(row.is_none())
    }

    async fn take(&mut self, numbers: &mut Numbers, up_to: i64) -> Result<Vec<Numbered>, StoreError> {
        self.store.faults().point("relay.before_number").await;
        let (lease, mut given, lasts_us) = (numbers.lease.clone(), numbers.given.clone(), self.lasts_us);
        // Whether it is committed is not known when this fails.
        numbers.known = false;
        let taking = self.store.write::<_, StoreError, _>(move |work| {
            Box::pin(async move {
                // The lease's row is locked until the commit: another relay can't number meanwhile.
                leases::hold(work, &lease, lasts_us).await?;
                // An array is made once. A subquery in its place is a join to the planner, and with the statistics of a queue that was
                // empty when it was looked at, that was planned as a scan for each row (seen: 15 s for 17,000 rows).
                let sql = "DELETE FROM outbox WHERE event_seq = ANY(ARRAY(SELECT event_seq FROM outbox WHERE event_seq <= $2 \
                           ORDER BY event_seq LIMIT $1)) RETURNING event_seq, stream, partition";
                let rows = work.rows(sql, params![BATCH, up_to]).await?;
                let mut waiting = rows
                    .iter()
                    .map(|row| Ok((row.get("event_seq")?, row.get("stream")?, row.get("partition")?)))
                    .collect::<Result<Vec<(i64, String, u32)>, StoreError>>()?;
                // Within a key a later version has a later sequence, so this order keeps the order of each key.
                waiting.sort_unstable();
                let taken: Vec<Numbered> =
                    waiting.into_iter().map(|(event_seq, stream, partition)| given.number(event_seq, stream, partition)).collect();
                work.execute(&NUMBER, columns(&taken)).await?;
                Ok((taken, given))
            })
        });
        let (taken, given) = taking.await?;
        (numbers.given, numbers.known) = (given, true);
        self.store.faults().point("relay.after_number").await;
        self.clear_away(taken.len());
        Ok(taken)
    }

    /// What was numbered, in that order; what another process appended is read.
    async fn rows(&self, taken: Vec<Numbered>, own: &mut HashMap<i64, LogRow>) -> Result<Vec<LogRow>, StoreError> {
        let (mut rows, mut others) = (Vec::with_capacity(taken.len()), Vec::new());
        for numbered in taken {
            match own.remove(&numbered.event_seq) {
                Some(mut row) => {
                    row.seq = numbered.seq;
                    row.envelope.position = numbered.position;
                    rows.push(row);
                }
                None => others.push(numbered.seq),
            }
        }
        rows.extend(log::of_seqs(&self.store, others).await?);
        rows.sort_unstable_by_key(|row| row.seq);
        Ok(rows)
    }

    /// Rows that were taken out of the outbox are in every look's way until the database has cleared them away; left to itself it does that once a
    /// minute, which is millions of rows (measured: a tenth of the rate).
    fn clear_away(&mut self, taken: usize) {
        self.taken += taken;
        if self.taken >= CLEARED && self.clearing.as_ref().is_none_or(tokio::task::JoinHandle::is_finished) {
            self.taken = 0;
            let store = self.store.clone();
            self.clearing = Some(tokio::spawn(async move {
                if let Err(error) = log::clear_outbox(&store).await {
                    tracing::debug!(service = store.service(), %error, "outbox not cleared; the database does it later");
                }
            }));
        }
    }
}

impl Drop for Numbering {
    fn drop(&mut self) {
        self.store.fresh().number_with(None);
    }
}

/// The last numbers of the log.
async fn given(store: &Store) -> Result<Given, StoreError> {
    let mut given = Given::default();
    for stream in log::streams(store).await? {
        given.heads.learn(&stream, log::heads_in(store, &stream).await?);
    }
    let row = store.row("SELECT COALESCE(MAX(seq), 0) AS seq FROM publications", params![]).await?;
    given.seq = row.map_or(Ok(0), |row| row.get("seq"))?;
    Ok(given)
}
