//! The payment of an order with what belongs to it.

use catalogue::types::v1::Customer;
use messaging::Cause;
use prost::Message as _;
use store::{Row, StoreError, Work, params};

use crate::domain::{Money, Payment, Status, Undo};

/// All columns, for a SELECT that [`Record::read`] reads.
pub const COLUMNS: &str = "order_id, payment_id, minor_units, currency, method, provider_reference, status, refunded, refunding, reason, unclear, \
                           undo_refund_id, undo_reason, undo_cause, customer, created_at_us, updated_at_us";

/// A row.
#[derive(Clone, Debug)]
pub struct Record {
    /// Where the payment stands.
    pub payment: Payment,
    /// What the waiting undo follows from; there while `payment.undo` is.
    pub undo_cause: Option<Cause>,
    /// Whose it is.
    pub customer: Option<Customer>,
    /// Microseconds since 1970 UTC.
    pub created_at_us: i64,
    /// Microseconds since 1970 UTC.
    pub updated_at_us: i64,
}

/// Which payment is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum By {
    /// The order's.
    Order(String),
    /// The one of this id.
    Payment(String),
}

impl By {
    /// The column and what it must be.
    pub fn column(&self) -> (&'static str, &str) {
        match self {
            Self::Order(id) => ("order_id", id),
            Self::Payment(id) => ("payment_id", id),
        }
    }
}

/// The payment, to be decided upon: nobody else changes it until this work commits.
pub async fn lock(work: &mut Work, by: &By) -> Result<Option<Record>, StoreError> {
    let (column, id) = by.column();
    let sql = format!("SELECT {COLUMNS} FROM payments WHERE {column} = $1{}", work.for_update());
    work.row(&sql, params![id]).await?.as_ref().map(Record::read).transpose()
}

/// Writes the payment as it stands now. Two that begin the same one: the second gets a conflict.
pub async fn put(work: &mut Work, record: &Record, new: bool) -> Result<(), StoreError> {
    let payment = &record.payment;
    let refused = |error: serde_json::Error| StoreError::Refused(error.to_string());
    let cause = record.undo_cause.as_ref().map(serde_json::to_string).transpose().map_err(refused)?;
    let undo = payment.undo.as_ref();
    let mut params = params![
        &payment.order_id,
        &payment.provider_reference,
        status_name(payment.status),
        payment.refunded,
        payment.refunding,
        &payment.reason,
        payment.unclear,
        undo.map(|undo| undo.refund_id.clone()),
        undo.map(|undo| undo.reason.clone()),
        cause,
        record.updated_at_us,
    ];
    if !new {
        let sql = "UPDATE payments SET provider_reference = $2, status = $3, refunded = $4, refunding = $5, reason = $6, unclear = $7, \
                   undo_refund_id = $8, undo_reason = $9, undo_cause = $10, updated_at_us = $11 WHERE order_id = $1";
        return work.execute(sql, params).await.map(|_| ());
    }
    params.extend(params![
        Some(payment.payment_id.clone()).filter(|id| !id.is_empty()),
        payment.amount.minor_units,
        &payment.amount.currency,
        &payment.method,
        record.customer.as_ref().map(prost::Message::encode_to_vec).unwrap_or_default(),
        record.created_at_us,
    ]);
    let sql = "INSERT INTO payments (order_id, provider_reference, status, refunded, refunding, reason, unclear, undo_refund_id, undo_reason, \
               undo_cause, updated_at_us, payment_id, minor_units, currency, method, customer, created_at_us) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)";
    work.execute(sql, params).await.map(|_| ())
}

impl Record {
    /// Reads a row of [`COLUMNS`].
    pub fn read(row: &Row) -> Result<Self, StoreError> {
        let refused = |error: String| StoreError::Refused(format!("payments: {error}"));
        let undo: Option<String> = row.get("undo_refund_id")?;
        let reason: Option<String> = row.get("undo_reason")?;
        let cause: Option<String> = row.get("undo_cause")?;
        let customer: Vec<u8> = row.get("customer")?;
        let customer = Some(customer).filter(|bytes| !bytes.is_empty()).map(|bytes| Customer::decode(bytes.as_slice())).transpose();
        let status: String = row.get("status")?;
        Ok(Self {
            payment: Payment {
                payment_id: row.get::<Option<String>>("payment_id")?.unwrap_or_default(),
                order_id: row.get("order_id")?,
                amount: Money::new(row.get("minor_units")?, row.get::<String>("currency")?),
                method: row.get("method")?,
                provider_reference: row.get("provider_reference")?,
                status: status_of(&status).ok_or_else(|| refused(format!("status {status}")))?,
                refunded: row.get("refunded")?,
                refunding: row.get("refunding")?,
                reason: row.get("reason")?,
                unclear: row.get("unclear")?,
                undo: undo.map(|refund_id| Undo { refund_id, reason: reason.unwrap_or_default() }),
            },
            undo_cause: cause.map(|json| serde_json::from_str(&json)).transpose().map_err(|error| refused(error.to_string()))?,
            customer: customer.map_err(|error| refused(error.to_string()))?,
            created_at_us: row.get("created_at_us")?,
            updated_at_us: row.get("updated_at_us")?,
        })
    }
}

/// A status as it is stored.
pub fn status_name(status: Status) -> &'static str {
    status.as_str()
}

fn status_of(name: &str) -> Option<Status> {
    [Status::Pending, Status::Completed, Status::Failed, Status::PartiallyRefunded, Status::Refunded, Status::Voided]
        .into_iter()
        .find(|status| status_name(*status) == name)
}
