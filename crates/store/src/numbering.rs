//! Numbering on Postgres: several processes append, and the one that holds the relay's lease says what comes after what.
//!
//! What that process commits is numbered as it is committed, if nothing is in the way. What is in the way, and what the others commit, goes through
//! the outbox, from where a round takes it. Either way numbers are given under one lock, and rows are handed over in their order.

mod round;

use std::sync::LazyLock;

use sqlx::{AssertSqlSafe, Executor as _};
use tokio::sync::OwnedMutexGuard;

use crate::bulk::unnest;
use crate::committed::Committed;
use crate::heads::Heads;
use crate::leases::Lease;
use crate::work::Work;
use crate::{StoreError, Value};

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
    /// The next in the order of publishing, and the next position.
    fn next(&mut self, stream: &str, partition: u32) -> (i64, u64) {
        self.seq += 1;
        (self.seq, self.heads.next(stream, partition))
    }

    fn number(&mut self, event_seq: i64, stream: String, partition: u32) -> Numbered {
        let (seq, position) = self.next(&stream, partition);
        Numbered { event_seq, seq, position, stream, partition }
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
    let mut rows = work.take_appended();
    let numbered: Vec<(i64, u64)> = rows.iter().map(|row| given.next(&row.stream, row.partition)).collect();
    // The lease's row is locked until the commit: another relay can't number meanwhile. What is in the outbox may be an earlier event of one of
    // these keys, committed before this one could be appended: then this one has to go behind it, and nothing is locked.
    let query = sqlx::query(AssertSqlSafe(NUMBER_IF_HELD.as_str()))
        .bind(numbered.iter().map(|(seq, _)| *seq).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.stream.as_str()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.partition.into()).collect::<Vec<i64>>())
        .bind(numbered.iter().map(|(_, position)| position.cast_signed()).collect::<Vec<_>>())
        .bind(rows.iter().map(|row| row.seq).collect::<Vec<_>>())
        .bind(&numbers.lease.name)
        .bind(&numbers.lease.owner)
        .bind(numbers.lease.epoch);
    // A number that is taken is one that somebody else gave, or a commit of ours whose end was not known: then they are read again, too.
    numbers.known = false;
    work.count_statements(1);
    let inserted = work.postgres()?.execute(query).await.map_err(|error| work.fail(error.into()))?.rows_affected();
    if inserted > 0 {
        numbers.given = given;
        for (row, (seq, position)) in rows.iter_mut().zip(numbered) {
            (row.seq, row.envelope.position) = (seq, position);
        }
    } else {
        numbers.known = true;
    }
    work.put_appended(rows);
    Ok(inserted > 0)
}

async fn later(work: &mut Work) -> Result<(), StoreError> {
    let rows = work.appended();
    let values = vec![
        Value::Ints(rows.iter().map(|row| row.seq).collect()),
        Value::Texts(rows.iter().map(|row| row.stream.clone()).collect()),
        Value::Ints(rows.iter().map(|row| row.partition.into()).collect()),
    ];
    work.execute(&WAITING, values).await.map(|_| ())
}

/// A publication's number, stream, partition and position, and the event's.
const PUBLICATION: [&str; 5] = ["bigint", "text", "bigint", "bigint", "bigint"];

static NUMBER: LazyLock<String> = LazyLock::new(|| {
    let rows = unnest(1, &PUBLICATION);
    format!("INSERT INTO publications (seq, stream, partition, position, event_seq) SELECT * FROM {rows}")
});
static NUMBER_IF_HELD: LazyLock<String> = LazyLock::new(|| {
    format!(
        "WITH held AS (SELECT 1 FROM leases WHERE name = $6 AND owner = $7 AND epoch = $8 \
         AND (SELECT MIN(event_seq) FROM outbox) IS NULL FOR UPDATE) {} WHERE EXISTS (SELECT 1 FROM held)",
        *NUMBER
    )
});
static WAITING: LazyLock<String> = LazyLock::new(|| {
    let rows = unnest(1, &["bigint", "text", "bigint"]);
    format!("INSERT INTO outbox (event_seq, stream, partition) SELECT * FROM {rows}")
});

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
