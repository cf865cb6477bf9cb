//! Commands that may be sent again: the first answer, kept by request id in the transaction that earned it.

use crate::work::Work;
use crate::{StoreError, params};

/// What is known of a request id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known {
    /// Never seen.
    New,
    /// Seen with the same body: this was the answer.
    Answered(Vec<u8>),
    /// Seen with another body.
    OtherBody,
}

/// Looks a request id up. `digest` stands for the request's body.
pub async fn find(work: &mut Work, method: &str, request_id: &str, digest: &str) -> Result<Known, StoreError> {
    let sql = "SELECT digest, answer FROM requests WHERE method = $1 AND request_id = $2";
    let Some(row) = work.row(sql, params![method, request_id]).await? else { return Ok(Known::New) };
    if row.get::<String>("digest")? == digest { Ok(Known::Answered(row.get("answer")?)) } else { Ok(Known::OtherBody) }
}

/// Keeps the answer. Two at the same time: one of them gets [`StoreError::Conflict`] and will find the other's answer.
pub async fn keep(work: &mut Work, method: &str, request_id: &str, digest: &str, answer: &[u8]) -> Result<(), StoreError> {
    let now = work.now_us();
    let sql = "INSERT INTO requests (method, request_id, digest, answer, at_us) VALUES ($1, $2, $3, $4, $5)";
    work.execute(sql, params![method, request_id, digest, answer, now]).await.map(|_| ())
}
