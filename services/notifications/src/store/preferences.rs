//! The `preferences` table.

use std::collections::{BTreeSet, HashMap};

use store::{Row, Store, StoreError, Work, params};

use crate::domain::{Channel, Contact, Preferences};

const COLUMNS: &str = "user_id, email, phone, device_token, locale, quiet, updated_at_us";

/// What these users want, as far as they said; in one statement.
pub async fn of_users(work: &mut Work, users: &BTreeSet<&str>) -> Result<HashMap<String, Preferences>, StoreError> {
    let rows = users.iter().map(|user| params![*user]).collect();
    let sql = format!("SELECT {COLUMNS} FROM preferences WHERE user_id IN (VALUES {{rows}})");
    let rows = work.over_rows(&sql, "(?1)", params![], rows).await?;
    rows.iter().map(|row| Ok((row.get("user_id")?, read(row)?))).collect()
}

/// What a user wants, and since when (microseconds since 1970 UTC).
pub async fn of_user(store: &Store, user_id: &str) -> Result<Option<(Preferences, i64)>, StoreError> {
    let row = store.row(&format!("SELECT {COLUMNS} FROM preferences WHERE user_id = $1"), params![user_id]).await?;
    row.as_ref().map(|row| Ok((read(row)?, row.get("updated_at_us")?))).transpose()
}

/// Replaces what was there.
pub async fn put(work: &mut Work, user_id: &str, preferences: &Preferences) -> Result<(), StoreError> {
    let quiet = preferences.quiet.iter().map(|channel| channel.as_str()).collect::<Vec<_>>().join(",");
    let Contact { email, phone, device_token, locale } = &preferences.contact;
    let now = work.now_us();
    let sql = format!(
        "INSERT INTO preferences ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (user_id) DO UPDATE SET email = excluded.email, \
         phone = excluded.phone, device_token = excluded.device_token, locale = excluded.locale, quiet = excluded.quiet, \
         updated_at_us = excluded.updated_at_us"
    );
    work.execute(&sql, params![user_id, email, phone, device_token, locale, quiet, now]).await.map(|_| ())
}

/// Nothing is known of this user any more.
pub async fn forget(work: &mut Work, user_id: &str) -> Result<(), StoreError> {
    work.execute("DELETE FROM preferences WHERE user_id = $1", params![user_id]).await.map(|_| ())
}

fn read(row: &Row) -> Result<Preferences, StoreError> {
    let contact =
        Contact { email: row.get("email")?, phone: row.get("phone")?, device_token: row.get("device_token")?, locale: row.get("locale")? };
    let quiet: String = row.get("quiet")?;
    Ok(Preferences { contact, quiet: quiet.split(',').filter_map(Channel::from_name).collect() })
}
