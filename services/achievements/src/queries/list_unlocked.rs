//! `ListUnlocked`: what a user has reached, the latest first; also by rules that are retired.

use contracts_achievements::v1::{ListUnlockedRequest, ListUnlockedResponse, Unlock};
use messaging::headers;
use service_host::page::Page;
use service_host::{Context, command, status};
use store::{Row, StoreError, params};
use tonic::Status;

use super::PAGE;

/// A page.
pub async fn list_unlocked(context: &Context, request: ListUnlockedRequest) -> Result<ListUnlockedResponse, Status> {
    command::check(&request)?;
    let page = Page::parse(request.page_size, &request.page_token, &[&request.user_id], PAGE.0, PAGE.1)?;
    let foreign = || status::invalid_field("page_token", "is not a token of this service");
    let (before, rule_id) = match page.after.as_deref() {
        None => (i64::MAX, ""),
        Some(after) => {
            let (at, rule_id) = after.split_once('/').ok_or_else(foreign)?;
            (at.parse().map_err(|_| foreign())?, rule_id)
        }
    };
    let sql = "SELECT p.rule_id AS rule_id, r.name AS name, r.icon AS icon, r.target AS target, p.unlocked_at_us AS unlocked_at_us, \
               p.unlocked_current AS unlocked_current FROM progress p JOIN rules r ON r.rule_id = p.rule_id \
               WHERE p.user_id = $1 AND p.unlocked_at_us IS NOT NULL \
               AND (p.unlocked_at_us < $2 OR (p.unlocked_at_us = $2 AND p.rule_id > $3)) \
               ORDER BY p.unlocked_at_us DESC, p.rule_id LIMIT $4";
    let failed = |error: StoreError| command::store_status(&error);
    let params = params![&request.user_id, before, rule_id, page.limit as u64 + 1];
    let rows = context.store.rows(sql, params).await.map_err(failed)?;
    let unlocked = rows.iter().map(|row| read(row, &request.user_id)).collect::<Result<Vec<_>, _>>().map_err(failed)?;
    let (unlocked, next_page_token) = page.cut(unlocked, |(at, unlock)| format!("{at}/{}", unlock.achievement_id), |(_, unlock)| unlock);
    Ok(ListUnlockedResponse { unlocked, next_page_token })
}

/// With its time, microseconds since 1970 UTC.
fn read(row: &Row, user_id: &str) -> Result<(i64, Unlock), StoreError> {
    let at: i64 = row.get("unlocked_at_us")?;
    let unlock = Unlock {
        user_id: user_id.to_owned(),
        achievement_id: row.get("rule_id")?,
        achievement_name: row.get("name")?,
        icon: row.get("icon")?,
        unlocked_at: Some(headers::timestamp(at)),
        current: row.get("unlocked_current")?,
        target: row.get("target")?,
    };
    Ok((at, unlock))
}
