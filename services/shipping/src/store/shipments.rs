//! The shipment of an order with what belongs to it.

use catalogue::types::v1::Customer;
use prost::Message;
use store::{Row, StoreError, Work, params};

use crate::domain::{Shipment, Status};

/// All columns, for a SELECT that [`Record::read`] reads.
pub const COLUMNS: &str = "order_id, shipment_id, lines, address, status, reason, tracking_number, customer, created_at_us, dispatched_at_us, \
                           delivered_at_us, updated_at_us";

/// What the public sees: neither a shipment that the carrier has not answered for yet, nor an order that was let go before it had one.
pub const PUBLIC: &str = "shipment_id IS NOT NULL AND status <> 'requested'";

/// A row. Times are microseconds since 1970 UTC.
#[derive(Clone, Debug)]
pub struct Record {
    /// Where the shipment stands.
    pub shipment: Shipment,
    /// Whose it is.
    pub customer: Option<Customer>,
    /// When it was asked for.
    pub created_at_us: i64,
    /// When the carrier took it.
    pub dispatched_at_us: Option<i64>,
    /// When it arrived.
    pub delivered_at_us: Option<i64>,
    /// When it last changed.
    pub updated_at_us: i64,
}

/// Which shipment is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum By {
    /// The order's.
    Order(String),
    /// The one of this id.
    Shipment(String),
}

impl By {
    /// The column and what it must be.
    pub fn column(&self) -> (&'static str, &str) {
        match self {
            Self::Order(id) => ("order_id", id),
            Self::Shipment(id) => ("shipment_id", id),
        }
    }
}

/// The shipment, to be decided upon: nobody else changes it until this work commits.
pub async fn lock(work: &mut Work, by: &By) -> Result<Option<Record>, StoreError> {
    let (column, id) = by.column();
    let sql = format!("SELECT {COLUMNS} FROM shipments WHERE {column} = $1{}", work.for_update());
    work.row(&sql, params![id]).await?.as_ref().map(Record::read).transpose()
}

/// Writes the shipment as it stands now. Two that begin the same one: the second gets a conflict.
pub async fn put(work: &mut Work, record: &Record, new: bool) -> Result<(), StoreError> {
    let shipment = &record.shipment;
    let mut params = params![
        &shipment.order_id,
        shipment.status.as_str(),
        &shipment.reason,
        &shipment.tracking_number,
        record.dispatched_at_us,
        record.delivered_at_us,
        record.updated_at_us,
    ];
    if !new {
        let sql = "UPDATE shipments SET status = $2, reason = $3, tracking_number = $4, dispatched_at_us = $5, delivered_at_us = $6, \
                   updated_at_us = $7 WHERE order_id = $1";
        return work.execute(sql, params).await.map(|_| ());
    }
    params.extend(params![
        Some(shipment.shipment_id.clone()).filter(|id| !id.is_empty()),
        json(&shipment.lines)?,
        json(&shipment.address)?,
        record.customer.as_ref().map(Message::encode_to_vec).unwrap_or_default(),
        record.created_at_us,
    ]);
    let sql = "INSERT INTO shipments (order_id, status, reason, tracking_number, dispatched_at_us, delivered_at_us, updated_at_us, shipment_id, \
               lines, address, customer, created_at_us) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    work.execute(sql, params).await.map(|_| ())
}

impl Record {
    /// Reads a row of [`COLUMNS`].
    pub fn read(row: &Row) -> Result<Self, StoreError> {
        let status: String = row.get("status")?;
        let known = Status::ALL.into_iter().find(|it| it.as_str() == status);
        let customer: Vec<u8> = row.get("customer")?;
        let customer = Some(customer).filter(|bytes| !bytes.is_empty()).map(|bytes| Customer::decode(bytes.as_slice())).transpose();
        Ok(Self {
            shipment: Shipment {
                shipment_id: row.get::<Option<String>>("shipment_id")?.unwrap_or_default(),
                order_id: row.get("order_id")?,
                lines: read_json(row, "lines")?,
                address: read_json(row, "address")?,
                status: known.ok_or_else(|| refused(format!("status {status}")))?,
                reason: row.get("reason")?,
                tracking_number: row.get("tracking_number")?,
            },
            customer: customer.map_err(|error| refused(error.to_string()))?,
            created_at_us: row.get("created_at_us")?,
            dispatched_at_us: row.get("dispatched_at_us")?,
            delivered_at_us: row.get("delivered_at_us")?,
            updated_at_us: row.get("updated_at_us")?,
        })
    }
}

fn json(value: &impl serde::Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| refused(error.to_string()))
}

fn read_json<T: serde::de::DeserializeOwned>(row: &Row, column: &str) -> Result<T, StoreError> {
    serde_json::from_str(&row.get::<String>(column)?).map_err(|error| refused(format!("{column}: {error}")))
}

fn refused(error: String) -> StoreError {
    StoreError::Refused(format!("shipments: {error}"))
}
