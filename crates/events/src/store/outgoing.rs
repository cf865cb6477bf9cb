//! What was accepted for publishing, until it is at the door of the service that owns it.

use ::store::{Params, Store, StoreError, Value, Work, params};
use messaging::Headers;

use super::rows::numbers;

/// A message on its way to a door.
#[derive(Clone, Debug)]
pub(crate) struct Outgoing {
    pub(crate) key: String,
    pub(crate) subject: String,
    /// Empty: the type's natural key tells a repeat.
    pub(crate) message_id: String,
    pub(crate) headers: Headers,
    pub(crate) payload: Vec<u8>,
}

/// Writes them all down, in their order.
pub(crate) async fn put(work: &mut Work, messages: &[Outgoing]) -> Result<(), StoreError> {
    let row = |message: &Outgoing| {
        let headers = serde_json::to_string(&message.headers).map_err(|error| StoreError::Refused(error.to_string()))?;
        Ok(params![&message.key, &message.subject, &message.message_id, headers, message.payload.as_slice()])
    };
    let rows = messages.iter().map(row).collect::<Result<Vec<Params>, StoreError>>()?;
    let sql = "INSERT INTO outgoing (key, subject, message_id, headers, payload) VALUES {rows}";
    work.over_rows(sql, "(?1, ?2, ?3, ?4, ?5)", params![], rows).await.map(|_| ())
}

/// The first ones, in their order.
pub(crate) async fn first(store: &Store, limit: usize) -> Result<Vec<(i64, Outgoing)>, StoreError> {
    let sql = format!("SELECT seq, key, subject, message_id, headers, payload FROM outgoing ORDER BY seq LIMIT {limit}");
    let rows = store.rows(&sql, params![]).await?;
    rows.iter()
        .map(|row| {
            let headers: String = row.get("headers")?;
            let message = Outgoing {
                key: row.get("key")?,
                subject: row.get("subject")?,
                message_id: row.get("message_id")?,
                headers: serde_json::from_str(&headers).map_err(|error| StoreError::Refused(error.to_string()))?,
                payload: row.get("payload")?,
            };
            Ok((row.get("seq")?, message))
        })
        .collect()
}

/// They are at the door.
pub(crate) async fn gone(store: &Store, seqs: Vec<i64>) -> Result<(), StoreError> {
    if seqs.is_empty() {
        return Ok(());
    }
    store
        .write(move |work| {
            Box::pin(async move {
                let sql = format!("DELETE FROM outgoing WHERE seq IN ({})", numbers(1, seqs.len()));
                work.execute(&sql, seqs.into_iter().map(Value::from).collect()).await.map(|_| ())
            })
        })
        .await
}
