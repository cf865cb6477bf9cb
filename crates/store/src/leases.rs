//! Leases with fencing: who may do what only one may do, checked in the transaction that does it.

use crate::work::Work;
use crate::{StoreError, params};

/// A lease that is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// What it is for, e.g. `relay`.
    pub name: String,
    /// Who holds it.
    pub owner: String,
    /// Rises with every new holder: what an old one writes is refused.
    pub epoch: i64,
}

/// Takes the lease if it is free, has run out, or is ours; `None` while another holds it.
pub async fn acquire(work: &mut Work, name: &str, owner: &str, for_us: i64) -> Result<Option<Lease>, StoreError> {
    let now = work.now_us();
    let sql = "INSERT INTO leases (name, owner, epoch, until_us) VALUES ($1, $2, 1, $3) \
               ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, epoch = leases.epoch + 1, until_us = excluded.until_us \
               WHERE leases.until_us < $4 OR leases.owner = excluded.owner RETURNING epoch";
    let row = work.row(sql, params![name, owner, now + for_us, now]).await?;
    row.map(|row| Ok(Lease { name: name.to_owned(), owner: owner.to_owned(), epoch: row.get("epoch")? })).transpose()
}

/// Proves inside a transaction that the lease is still held, and prolongs it; its row stays locked until the commit.
pub async fn hold(work: &mut Work, lease: &Lease, for_us: i64) -> Result<(), StoreError> {
    let until = work.now_us() + for_us;
    let sql = "UPDATE leases SET until_us = $1 WHERE name = $2 AND owner = $3 AND epoch = $4";
    let held = work.execute(sql, params![until, &lease.name, &lease.owner, lease.epoch]).await?;
    if held == 1 { Ok(()) } else { Err(work.fail(StoreError::Fenced(lease.name.clone()))) }
}

/// Gives the lease back, so that the next one need not wait.
pub async fn release(work: &mut Work, lease: &Lease) -> Result<(), StoreError> {
    let sql = "UPDATE leases SET until_us = 0 WHERE name = $1 AND owner = $2 AND epoch = $3";
    work.execute(sql, params![&lease.name, &lease.owner, lease.epoch]).await.map(|_| ())
}

/// Ends every lease: for a store that only this process can have open, so that it need not wait for one that was killed.
pub async fn end_all(work: &mut Work) -> Result<(), StoreError> {
    work.execute("UPDATE leases SET until_us = 0", params![]).await.map(|_| ())
}
