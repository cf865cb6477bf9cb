//! Numbering on Postgres: several processes append, and the one that holds the relay's lease says what comes after what.
//!
//! What that process commits is numbered as it is committed, if nothing is in the way. What is in the way, and what the others commit, goes through
//! the outbox, from where a round takes it. Either way numbers are given under one lock, and rows are handed over in their order.

mod round;

use tokio::sync::OwnedMutexGuard;

use crate::committed::Committed;
use crate::heads::Heads;
use crate::leases::Lease;
use crate::work::Work;
use crate::{StoreError, Value, params};

pub use round::Numbering;

/// What whoever holds the lease has given so far.
pub(crate) struct Numbers {
    lease: Lease,
    given: Given,
    /// Not before they have been read, nor after a transaction whose end is unknown.
    known: bool,
}

#[derive(Clone, Default)]
struct Given {
    heads: Heads,
    seq: i64,
}

/// A row of `publications`.
struct Numbered {
    event_seq: i64,
    stream: String,
    partition: u32,
    seq: i64,
    position: u64,
}

impl Given {
    fn number(&mut self, event_seq: i64, stream: String, partition: u32) -> Numbered {
        self.seq += 1;
        Numbered { event_seq, seq: self.seq, position: self.heads.next(&stream, partition), stream, partition }
    }
}

/// Held from the moment at which a transaction gets its numbers until its rows are handed over.
pub(crate) struct Turn(OwnedMutexGuard<Numbers>);

impl Turn {
    /// The transaction is on disk.
    pub(crate) fn committed(&mut self) {
        self.0.known = true;
    }
}

/// Numbers what `work` appended, or leaves it in the outbox. The last thing before the commit: all others who number wait for that.
pub(crate) async fn place(work: &mut Work, committed: &Committed) -> Result<Option<Turn>, StoreError> {
    if work.appended().is_empty() {
        return Ok(None);
    }
    let turn = committed.numbers().and_then(|numbers| numbers.try_lock_owned().ok());
    if let Some(mut numbers) = turn.filter(|numbers| numbers.known) {
        committed.faults().point("relay.before_number").await;
        if now(work, &mut numbers).await? {
            return Ok(Some(Turn(numbers)));
        }
    }
    later(work).await?;
    Ok(None)
}

async fn now(work: &mut Work, numbers: &mut Numbers) -> Result<bool, StoreError> {
    let mut given = numbers.given.clone();
    let numbered: Vec<Numbered> = work.appended().iter().map(|row| given.number(row.seq, row.stream.clone(), row.partition)).collect();
    // The lease's row is locked until the commit: another relay can't number meanwhile. What is in the outbox may be an earlier event of one of
    // these keys, committed before this one could be appended: then this one has to go behind it, and nothing is locked.
    let sql = "WITH held AS (SELECT 1 FROM leases WHERE name = $6 AND owner = $7 AND epoch = $8 \
               AND (SELECT MIN(event_seq) FROM outbox) IS NULL FOR UPDATE) \
               INSERT INTO publications (seq, stream, partition, position, event_seq) \
               SELECT * FROM UNNEST($1::bigint[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[]) WHERE EXISTS (SELECT 1 FROM held)";
    let mut values = columns(&numbered);
    values.extend(params![&numbers.lease.name, &numbers.lease.owner, numbers.lease.epoch]);
    // A number that is taken is one that somebody else gave, or a commit of ours whose end was not known: then they are read again, too.
    numbers.known = false;
    if work.execute(sql, values).await? == 0 {
        numbers.known = true;
        return Ok(false);
    }
    numbers.given = given;
    for (row, numbered) in work.appended_mut().iter_mut().zip(numbered) {
        row.seq = numbered.seq;
        row.envelope.position = numbered.position;
    }
    Ok(true)
}

async fn later(work: &mut Work) -> Result<(), StoreError> {
    let sql = "INSERT INTO outbox (event_seq, stream, partition) SELECT * FROM UNNEST($1::bigint[], $2::text[], $3::bigint[])";
    let rows = work.appended();
    let values = vec![
        Value::Ints(rows.iter().map(|row| row.seq).collect()),
        Value::Texts(rows.iter().map(|row| row.stream.clone()).collect()),
        Value::Ints(rows.iter().map(|row| row.partition.into()).collect()),
    ];
    work.execute(sql, values).await.map(|_| ())
}

/// For `UNNEST`.
fn columns(rows: &[Numbered]) -> Vec<Value> {
    vec![
        Value::Ints(rows.iter().map(|row| row.seq).collect()),
        Value::Texts(rows.iter().map(|row| row.stream.clone()).collect()),
        Value::Ints(rows.iter().map(|row| row.partition.into()).collect()),
        Value::Ints(rows.iter().map(|row| row.position.cast_signed()).collect()),
        Value::Ints(rows.iter().map(|row| row.event_seq).collect()),
    ]
}
