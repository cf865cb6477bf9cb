//! The `readings` table.

use contracts_devices::v1::{DataReported, Reading};
use delivery::Received;
use messaging::headers;
use store::{Migration, Row, Store, StoreError, Work, params};

/// Oldest first; an applied one is never edited.
pub(crate) const MIGRATIONS: &[Migration] =
    &[Migration { version: 1, name: "readings", sql: include_str!("../migrations/0001_readings.sql") }];

const COLUMNS: &str = "device_id, number, metric, value, measured_at_us";

/// Keeps a reading.
pub(crate) async fn add(work: &mut Work, event: &Received<DataReported>) -> Result<(), StoreError> {
    let sql = format!("INSERT INTO readings ({COLUMNS}) VALUES ($1, $2, $3, $4, $5)");
    let measured_at_us = event.measured_at.as_ref().map_or(event.envelope().time_us, headers::micros);
    let params = params![&event.device_id, event.envelope().sequence, &event.metric, event.value(), measured_at_us];
    work.execute(&sql, params).await.map(|_| ())
}

/// The newest value of one of a device's metrics.
pub(crate) async fn newest(work: &mut Work, device_id: &str, metric: &str) -> Result<Option<f64>, StoreError> {
    let sql = "SELECT value FROM readings WHERE device_id = $1 AND metric = $2 ORDER BY number DESC LIMIT 1";
    work.row(sql, params![device_id, metric]).await?.map(|row| row.get("value")).transpose()
}

/// At most `limit` of a device's readings before this number, latest first.
pub(crate) async fn before(store: &Store, device_id: &str, number: i64, limit: usize) -> Result<Vec<Reading>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM readings WHERE device_id = $1 AND number < $2 ORDER BY number DESC LIMIT $3");
    store.rows(&sql, params![device_id, number, limit as u64]).await?.iter().map(read).collect()
}

/// At most `limit` of a device's readings after this number, oldest first.
pub(crate) async fn after(store: &Store, device_id: &str, number: i64, limit: usize) -> Result<Vec<Reading>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM readings WHERE device_id = $1 AND number > $2 ORDER BY number LIMIT $3");
    store.rows(&sql, params![device_id, number, limit as u64]).await?.iter().map(read).collect()
}

fn read(row: &Row) -> Result<Reading, StoreError> {
    Ok(Reading {
        number: row.get("number")?,
        device_id: row.get("device_id")?,
        metric: row.get("metric")?,
        value: row.get("value")?,
        measured_at: Some(headers::timestamp(row.get("measured_at_us")?)),
    })
}
