//! A saga's row in the core table `sagas`.

use store::{Row, Store, StoreError, Work, params};

use crate::Ledger;

/// What [`Stored::read`] needs of `sagas s`, for a service that reads its own rows in the same SELECT.
pub const COLUMNS: &str = "s.ledger AS saga_ledger, s.data AS saga_data";

/// A saga as it stands in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// The saga.
    pub ledger: Ledger,
    /// What its service keeps beside it.
    pub data: Vec<u8>,
}

impl Stored {
    /// The saga in a row with [`COLUMNS`].
    pub fn read(row: &Row) -> Result<Self, StoreError> {
        let ledger: String = row.get("saga_ledger")?;
        let ledger = serde_json::from_str(&ledger).map_err(|error| StoreError::Refused(format!("ledger: {error}")))?;
        Ok(Self { ledger, data: row.get("saga_data")? })
    }
}

/// The saga of that id, kept from others until the work commits.
pub async fn load(saga_id: &str, work: &mut Work) -> Result<Option<Stored>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM sagas s WHERE s.saga_id = $1{}", work.for_update());
    work.row(&sql, params![saga_id]).await?.as_ref().map(Stored::read).transpose()
}

/// The saga of that id, to look at.
pub async fn find(store: &Store, saga_id: &str) -> Result<Option<Stored>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM sagas s WHERE s.saga_id = $1");
    store.row(&sql, params![saga_id]).await?.as_ref().map(Stored::read).transpose()
}

fn json(ledger: &Ledger) -> Result<String, StoreError> {
    serde_json::to_string(ledger).map_err(|error| StoreError::Refused(format!("ledger: {error}")))
}

pub(super) async fn insert(saga: &Stored, work: &mut Work) -> Result<(), StoreError> {
    let ledger = &saga.ledger;
    let sql = "INSERT INTO sagas (saga_id, plan, state, ledger, data, version, updated_at_us) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let row = params![
        &ledger.saga_id,
        &ledger.plan,
        ledger.state.as_str(),
        json(ledger)?,
        saga.data.as_slice(),
        ledger.version,
        ledger.updated_at_us
    ];
    work.execute(sql, row).await.map(|_| ())
}

pub(super) async fn update(saga: &Stored, version: u64, work: &mut Work) -> Result<(), StoreError> {
    let ledger = &saga.ledger;
    let sql = "UPDATE sagas SET state = $3, ledger = $4, data = $5, version = $6, updated_at_us = $7 WHERE saga_id = $1 AND version = $2";
    let row =
        params![&ledger.saga_id, version, ledger.state.as_str(), json(ledger)?, saga.data.as_slice(), ledger.version, ledger.updated_at_us];
    match work.execute(sql, row).await? {
        0 => Err(StoreError::Conflict(format!("saga {} is no longer at version {version}", ledger.saga_id))),
        _ => Ok(()),
    }
}
