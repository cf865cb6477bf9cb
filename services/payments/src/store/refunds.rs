//! Refunds of payments.

use std::collections::HashMap;

use store::{Params, Row, Store, StoreError, Value, Work, params};

use crate::domain::{Money, Refund, RefundStatus};

const COLUMNS: &str = "refund_id, order_id, payment_id, minor_units, currency, reason, status, created_at_us";

/// A refund with its order and its time, microseconds since 1970 UTC.
#[derive(Clone, Debug)]
pub struct Record {
    /// Where the refund stands.
    pub refund: Refund,
    /// Its payment's order.
    pub order_id: String,
    /// When it was asked for.
    pub created_at_us: i64,
}

/// The refund of this id.
pub async fn find(work: &mut Work, refund_id: &str) -> Result<Option<Refund>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM refunds WHERE refund_id = $1");
    work.row(&sql, params![refund_id]).await?.map(|row| Ok(read(&row)?.refund)).transpose()
}

/// Writes a refund as it stands now.
pub async fn put(work: &mut Work, order_id: &str, refund: &Refund) -> Result<(), StoreError> {
    let sql = "INSERT INTO refunds (refund_id, order_id, payment_id, minor_units, currency, reason, status, created_at_us) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (refund_id) DO UPDATE SET minor_units = excluded.minor_units, \
               reason = excluded.reason, status = excluded.status";
    let params = params![
        &refund.refund_id,
        order_id,
        &refund.payment_id,
        refund.amount.minor_units,
        &refund.amount.currency,
        &refund.reason,
        name(refund.status),
        work.now_us(),
    ];
    work.execute(sql, params).await.map(|_| ())
}

/// All refunds of these orders, oldest first.
pub async fn of_orders(from: Source<'_>, orders: &[String]) -> Result<HashMap<String, Vec<Record>>, StoreError> {
    let mut found: HashMap<String, Vec<Record>> = HashMap::new();
    if orders.is_empty() {
        return Ok(found);
    }
    let places: Vec<String> = (1..=orders.len()).map(|place| format!("${place}")).collect();
    let sql = format!("SELECT {COLUMNS} FROM refunds WHERE order_id IN ({}) ORDER BY created_at_us, refund_id", places.join(", "));
    let params: Params = orders.iter().map(Value::from).collect();
    let rows = match from {
        Source::Store(store) => store.rows(&sql, params).await?,
        Source::Work(work) => work.rows(&sql, params).await?,
    };
    for row in &rows {
        let record = read(row)?;
        found.entry(record.order_id.clone()).or_default().push(record);
    }
    Ok(found)
}

/// Where to read: beside the writers, or what a unit of work has changed itself.
pub enum Source<'a> {
    /// Beside the writers.
    Store(&'a Store),
    /// In a unit of work.
    Work(&'a mut Work),
}

fn read(row: &Row) -> Result<Record, StoreError> {
    let status: String = row.get("status")?;
    let known = [RefundStatus::Pending, RefundStatus::Completed, RefundStatus::Failed];
    let status =
        known.into_iter().find(|it| name(*it) == status).ok_or_else(|| StoreError::Refused(format!("refunds: status {status}")))?;
    let refund = Refund {
        refund_id: row.get("refund_id")?,
        payment_id: row.get("payment_id")?,
        amount: Money::new(row.get("minor_units")?, row.get::<String>("currency")?),
        reason: row.get("reason")?,
        status,
    };
    Ok(Record { refund, order_id: row.get("order_id")?, created_at_us: row.get("created_at_us")? })
}

fn name(status: RefundStatus) -> &'static str {
    match status {
        RefundStatus::Pending => "PENDING",
        RefundStatus::Completed => "COMPLETED",
        RefundStatus::Failed => "FAILED",
    }
}
