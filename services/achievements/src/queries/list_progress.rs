//! `ListProgress`: how far a user is with each active rule, by rule; also with those where there is nothing yet.

use contracts_achievements::v1::{ListProgressRequest, ListProgressResponse, Progress};
use messaging::headers;
use service_host::page::Page;
use service_host::{Context, command};
use store::{Row, StoreError, params};
use tonic::Status;

use super::PAGE;

/// A page.
pub async fn list_progress(context: &Context, request: ListProgressRequest) -> Result<ListProgressResponse, Status> {
    command::check(&request)?;
    let page = Page::parse(request.page_size, &request.page_token, &[&request.user_id], PAGE.0, PAGE.1)?;
    let sql = "SELECT r.rule_id AS rule_id, r.name AS name, r.target AS target, p.current AS current, p.percent AS percent, \
               p.updated_at_us AS updated_at_us FROM rules r LEFT JOIN progress p ON p.rule_id = r.rule_id AND p.user_id = $1 \
               WHERE r.active = 1 AND r.rule_id > $2 ORDER BY r.rule_id LIMIT $3";
    let params = params![&request.user_id, page.after.clone().unwrap_or_default(), page.limit as u64 + 1];
    let failed = |error: StoreError| command::store_status(&error);
    let rows = context.store.rows(sql, params).await.map_err(failed)?;
    let progress = rows.iter().map(|row| read(row, &request.user_id)).collect::<Result<Vec<_>, _>>().map_err(failed)?;
    let (progress, next_page_token) = page.cut(progress, |progress| progress.rule_id.clone(), |progress| progress);
    Ok(ListProgressResponse { progress, next_page_token })
}

fn read(row: &Row, user_id: &str) -> Result<Progress, StoreError> {
    Ok(Progress {
        user_id: user_id.to_owned(),
        rule_id: row.get("rule_id")?,
        name: row.get("name")?,
        current: row.get::<Option<f64>>("current")?.unwrap_or_default(),
        target: row.get("target")?,
        percent: row.get::<Option<f64>>("percent")?.unwrap_or_default(),
        updated_at: row.get::<Option<i64>>("updated_at_us")?.map(headers::timestamp),
    })
}
