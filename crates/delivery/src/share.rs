//! Which partitions of a consumer are this process's.

use std::time::Duration;

use messaging::PARTITIONS;
use store::{Dialect, Store, StoreError, Work, leases, params};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// A set of the sixteen partitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Partitions(u16);

impl Partitions {
    /// All of them: the only process there is.
    pub const ALL: Self = Self(u16::MAX);
    /// None of them.
    pub const NONE: Self = Self(0);

    /// Whether this one is in it.
    pub fn has(self, partition: u32) -> bool {
        partition < PARTITIONS && self.0 & (1 << partition) != 0
    }

    /// The set with this one in it.
    pub fn with(self, partition: u32) -> Self {
        Self(self.0 | (1 << partition.min(PARTITIONS - 1)))
    }

    /// Whether nothing is in it.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether everything is in it.
    pub fn is_all(self) -> bool {
        self == Self::ALL
    }

    /// What is in it, in order.
    pub fn iter(self) -> impl Iterator<Item = u32> {
        (0..PARTITIONS).filter(move |partition| self.has(*partition))
    }
}

/// How long a process may be silent before the others take its partitions.
const LEASE_US: i64 = 3_000_000;
const ROUND: Duration = Duration::from_secs(1);

/// Shares the partitions of a service's consumers out among the processes that serve it. Where there can be only one process (SQLite)
/// it has them all. What fences is not the lease but the compare-and-set of every position: a process that was thought dead and goes on
/// can't commit. The lease only says who should try.
pub fn share(store: &Store, owner: &str, tasks: &TaskTracker, stop: CancellationToken) -> watch::Receiver<Partitions> {
    let (owned, partitions) = watch::channel(if store.dialect() == Dialect::Sqlite { Partitions::ALL } else { Partitions::NONE });
    let (store, owner) = (store.clone(), owner.to_owned());
    tasks.spawn(async move {
        while !stop.is_cancelled() && store.dialect() == Dialect::Postgres {
            let member = owner.clone();
            match store.write::<_, StoreError, _>(move |work| Box::pin(async move { round(work, &member).await })).await {
                Ok(mine) => {
                    owned.send_if_modified(|now| std::mem::replace(now, mine) != mine);
                }
                // Others will take over when the lease has run out; positions keep this process from doing harm meanwhile.
                Err(error) => tracing::warn!(service = store.service(), %error, "partitions can't be kept"),
            }
            tokio::select! {
                () = tokio::time::sleep(ROUND) => {}
                () = stop.cancelled() => {}
            }
        }
        stop.cancelled().await;
        if store.dialect() == Dialect::Postgres {
            let given = store.write::<_, StoreError, _>(move |work| Box::pin(async move { give_back(work, &owner).await })).await;
            if let Err(error) = given {
                tracing::debug!(%error, "partitions not given back; their leases run out");
            }
        }
        drop(owned);
    });
    partitions
}

/// Says that this process lives, and takes what is its share and free. Members in order of their names: number n has every n-th partition.
async fn round(work: &mut Work, owner: &str) -> Result<Partitions, StoreError> {
    let now = work.now_us();
    leases::acquire(work, &format!("member/{owner}"), owner, LEASE_US).await?;
    let sql = "SELECT owner FROM leases WHERE name LIKE 'member/%' AND until_us >= $1 ORDER BY owner";
    let members: Vec<String> = work.rows(sql, params![now]).await?.iter().map(|row| row.get("owner")).collect::<Result<_, _>>()?;
    let me = members.iter().position(|member| member == owner).unwrap_or(0);
    let mut mine = Partitions::NONE;
    for partition in 0..PARTITIONS {
        let name = format!("share/{partition:02}");
        if partition as usize % members.len().max(1) == me {
            if leases::acquire(work, &name, owner, LEASE_US).await?.is_some() {
                mine = mine.with(partition);
            }
        } else {
            work.execute("UPDATE leases SET until_us = 0 WHERE name = $1 AND owner = $2 AND until_us > 0", params![name, owner]).await?;
        }
    }
    // Members that have been gone for long.
    work.execute("DELETE FROM leases WHERE name LIKE 'member/%' AND until_us < $1", params![now - 20 * LEASE_US]).await?;
    Ok(mine)
}

async fn give_back(work: &mut Work, owner: &str) -> Result<(), StoreError> {
    work.execute("DELETE FROM leases WHERE owner = $1 AND (name LIKE 'member/%' OR name LIKE 'share/%')", params![owner]).await.map(|_| ())
}
