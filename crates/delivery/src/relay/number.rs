//! Numbering on Postgres: what several processes appended gets its positions from the one relay.

use std::collections::HashMap;

use store::leases::{self, Lease};
use store::{Dialect, LogRow, Store, StoreError, Value, log, params};

/// Outbox rows numbered in one transaction.
const BATCH: i64 = 1000;
/// Outbox rows taken until the database is told to clear them away.
const CLEARED: usize = 20_000;

/// It takes what is in the outbox, not what is "above the last id": a row that commits late is taken when it is there.
pub(crate) struct Numbering {
    store: Store,
    lease: Lease,
    heads: HashMap<(String, u32), u64>,
    seq: i64,
    loaded: bool,
    /// Rows handed over in memory that are not numbered yet, by event.
    handed: HashMap<i64, LogRow>,
    /// Outbox rows taken since the last clearing.
    taken: usize,
    clearing: Option<tokio::task::JoinHandle<()>>,
}

struct Numbered {
    event_seq: i64,
    seq: i64,
    stream: String,
    partition: u32,
    position: u64,
}

impl Numbering {
    pub(crate) fn new(store: Store, lease: Lease) -> Self {
        Self { store, lease, heads: HashMap::new(), seq: 0, loaded: false, handed: HashMap::new(), taken: 0, clearing: None }
    }

    async fn load(&mut self) -> Result<(), StoreError> {
        if self.loaded {
            return Ok(());
        }
        self.heads = log::heads(&self.store).await?.into_iter().map(|(stream, partition, head)| ((stream, partition), head)).collect();
        let row = self.store.row("SELECT COALESCE(MAX(seq), 0) AS seq FROM publications", params![]).await?;
        self.seq = row.map_or(Ok(0), |row| row.get("seq"))?;
        self.loaded = true;
        Ok(())
    }

    /// Numbers all that waits; the stream tasks read it from the store.
    pub(crate) async fn catch_up(&mut self) -> Result<(), StoreError> {
        if self.store.dialect() == Dialect::Sqlite {
            return Ok(());
        }
        while !self.round(i64::MAX).await?.is_empty() {}
        Ok(())
    }

    /// Numbers what waits, with `rows` up to the last of them: what was committed behind it is about to be handed over, and would have to be
    /// read back. Without rows, all there is. Answers the rows, those of other processes read from the store.
    pub(crate) async fn number(&mut self, rows: Vec<LogRow>) -> Result<Vec<LogRow>, StoreError> {
        let up_to = rows.iter().map(|row| row.seq).max().unwrap_or(i64::MAX);
        self.handed.extend(rows.into_iter().map(|row| (row.seq, row)));
        let mut all = Vec::new();
        loop {
            let numbered = self.round(up_to).await?;
            let full = numbered.len() as i64 == BATCH;
            let mut others = Vec::new();
            for number in numbered {
                match self.handed.remove(&number.event_seq) {
                    Some(mut row) => {
                        row.seq = number.seq;
                        row.envelope.position = number.position;
                        all.push(row);
                    }
                    None => others.push(number.seq),
                }
            }
            all.extend(log::of_seqs(&self.store, others).await?);
            if !full {
                break;
            }
        }
        // What was handed over has been numbered by now, or by a relay before this one.
        self.handed.clear();
        all.sort_unstable_by_key(|row| row.seq);
        Ok(all)
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

    async fn round(&mut self, up_to: i64) -> Result<Vec<Numbered>, StoreError> {
        self.load().await?;
        if up_to == i64::MAX {
            let waiting = self.store.row("SELECT event_seq FROM outbox ORDER BY event_seq LIMIT 1", params![]).await?;
            if waiting.is_none() {
                return Ok(Vec::new());
            }
        }
        self.store.faults().point("relay.before_number").await;
        let (lease, mut heads, mut seq) = (self.lease.clone(), self.heads.clone(), self.seq);
        let result: Result<_, StoreError> = self
            .store
            .write(move |work| {
                Box::pin(async move {
                    // The lease's row is locked until the commit: another relay can't number meanwhile.
                    leases::hold(work, &lease, super::LEASE_US).await?;
                    // An array is made once. A subquery in its place is a join to the planner, and with the statistics of a queue that was
                    // empty when it was looked at, that was planned as a scan for each row (seen: 15 s for 17,000 rows).
                    let sql = "DELETE FROM outbox WHERE event_seq = ANY(ARRAY(SELECT event_seq FROM outbox WHERE event_seq <= $2 \
                               ORDER BY event_seq LIMIT $1)) RETURNING event_seq, stream, partition";
                    let mut taken = work
                        .rows(sql, params![BATCH, up_to])
                        .await?
                        .iter()
                        .map(|row| Ok((row.get("event_seq")?, row.get("stream")?, row.get("partition")?)))
                        .collect::<Result<Vec<(i64, String, u32)>, StoreError>>()?;
                    // Within a key a later version has a later sequence, so this order keeps the order of each key.
                    taken.sort_unstable();
                    let numbered: Vec<Numbered> = taken
                        .into_iter()
                        .map(|(event_seq, stream, partition)| {
                            seq += 1;
                            let head = heads.entry((stream.clone(), partition)).or_default();
                            *head += 1;
                            Numbered { event_seq, seq, position: *head, stream, partition }
                        })
                        .collect();
                    let sql = "INSERT INTO publications (seq, stream, partition, position, event_seq) \
                               SELECT * FROM UNNEST($1::bigint[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[])";
                    let params = vec![
                        Value::Ints(numbered.iter().map(|it| it.seq).collect()),
                        Value::Texts(numbered.iter().map(|it| it.stream.clone()).collect()),
                        Value::Ints(numbered.iter().map(|it| it.partition.into()).collect()),
                        Value::Ints(numbered.iter().map(|it| it.position.cast_signed()).collect()),
                        Value::Ints(numbered.iter().map(|it| it.event_seq).collect()),
                    ];
                    work.execute(sql, params).await?;
                    Ok((numbered, heads, seq))
                })
            })
            .await;
        match result {
            Ok((numbered, heads, seq)) => {
                self.heads = heads;
                self.seq = seq;
                self.store.faults().point("relay.after_number").await;
                self.clear_away(numbered.len());
                Ok(numbered)
            }
            Err(error) => {
                // Whether it was committed is not known: read the heads again.
                self.loaded = false;
                Err(error)
            }
        }
    }
}
