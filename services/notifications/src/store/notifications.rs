//! The `notifications` table.

use std::collections::HashSet;

use store::{Row, Store, StoreError, Work, params};

use crate::domain::{Channel, Notification, Status};

/// What [`read`] reads, `seq` for the pages besides.
pub const COLUMNS: &str = "seq, id, user_id, channel, template, recipient, status, attempts, error, order_id, correlation_id, cause_id, \
                           cause_type, title, message, locale, created_at_us, sent_at_us";

/// Adds what is not there yet; answers the ids that were new.
pub async fn add(work: &mut Work, notifications: &[Notification]) -> Result<HashSet<String>, StoreError> {
    let rows = notifications.iter().map(|it| {
        params![
            &it.id,
            &it.user_id,
            it.channel.as_str(),
            &it.template,
            &it.recipient,
            it.status.as_str(),
            it.attempts,
            &it.error,
            &it.order_id,
            &it.correlation_id,
            &it.cause_id,
            &it.cause_type,
            &it.title,
            &it.message,
            &it.locale,
            it.created_at_us,
            it.sent_at_us,
        ]
    });
    let sql = "INSERT INTO notifications (id, user_id, channel, template, recipient, status, attempts, error, order_id, correlation_id, \
               cause_id, cause_type, title, message, locale, created_at_us, sent_at_us) VALUES {rows} ON CONFLICT (id) DO NOTHING RETURNING id";
    let row = "(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)";
    let added = work.over_rows(sql, row, params![], rows.collect()).await?;
    added.iter().map(|row| row.get("id")).collect()
}

/// They left the house at this attempt, now.
pub async fn sent(work: &mut Work, ids: &[&str], attempts: u32) -> Result<(), StoreError> {
    let now = work.now_us();
    let rows = ids.iter().map(|id| params![*id]).collect();
    let sql =
        "UPDATE notifications SET status = 'sent', attempts = $1, sent_at_us = $2, error = '' WHERE id IN (VALUES {rows}) RETURNING seq";
    work.over_rows(sql, "(?1)", params![attempts, now], rows).await.map(|_| ())
}

/// It never will.
pub async fn failed(work: &mut Work, id: &str, attempts: u32, error: &str) -> Result<(), StoreError> {
    let sql = "UPDATE notifications SET status = 'failed', attempts = $1, error = $2 WHERE id = $3";
    work.execute(sql, params![attempts, error, id]).await.map(|_| ())
}

/// The notification of this id.
pub async fn get(store: &Store, id: &str) -> Result<Option<Notification>, StoreError> {
    let row = store.row(&format!("SELECT {COLUMNS} FROM notifications WHERE id = $1"), params![id]).await?;
    row.as_ref().map(read).transpose()
}

/// A row of [`COLUMNS`].
pub fn read(row: &Row) -> Result<Notification, StoreError> {
    let word = |column: &str| row.get::<String>(column);
    let unknown = |column: &str| StoreError::Refused(format!("notifications.{column} holds an unknown word"));
    Ok(Notification {
        id: word("id")?,
        user_id: word("user_id")?,
        channel: Channel::from_name(&word("channel")?).ok_or_else(|| unknown("channel"))?,
        template: word("template")?,
        recipient: word("recipient")?,
        status: Status::from_name(&word("status")?).ok_or_else(|| unknown("status"))?,
        attempts: row.get("attempts")?,
        error: word("error")?,
        order_id: word("order_id")?,
        correlation_id: word("correlation_id")?,
        cause_id: word("cause_id")?,
        cause_type: word("cause_type")?,
        title: word("title")?,
        message: word("message")?,
        locale: word("locale")?,
        created_at_us: row.get("created_at_us")?,
        sent_at_us: row.get("sent_at_us")?,
    })
}
