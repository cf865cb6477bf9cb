//! `ListNotifications`: newest first, by user, order, conversation, channel, template and status.

use contracts_notifications::v1::{ListNotificationsRequest, ListNotificationsResponse};
use service_host::page::Page;
use service_host::{Context, command, status};
use store::{Params, StoreError, params};
use tonic::Status;

use crate::domain::Fault;
use crate::store::{self as rows, COLUMNS};
use crate::wire;

const PAGE: usize = 50;
const MOST: usize = 1_000;

/// A page.
pub async fn list_notifications(context: &Context, request: ListNotificationsRequest) -> Result<ListNotificationsResponse, Status> {
    command::check(&request)?;
    let invalid = |fault: Fault| status::invalid_field(fault.field, fault.description);
    let channel = wire::channel_asked(request.channel).map_err(invalid)?.map_or("", |channel| channel.as_str());
    let status = wire::status_asked(request.status).map_err(invalid)?.map_or("", |status| status.as_str());
    let template = request.template.replace('.', "_");
    let filters = [
        ("user_id", request.user_id.as_str()),
        ("order_id", &request.order_id),
        ("correlation_id", &request.correlation_id),
        ("channel", channel),
        ("template", &template),
        ("status", status),
    ];
    let page = Page::parse(request.page_size, &request.page_token, &filters.map(|(_, value)| value), PAGE, MOST)?;

    let (mut conditions, mut params): (Vec<String>, Params) = (vec!["1 = 1".to_owned()], params![]);
    for (column, value) in filters.iter().filter(|(_, value)| !value.is_empty()) {
        params.push((*value).into());
        conditions.push(format!("{column} = ${}", params.len()));
        if *column == "order_id" {
            // The index leaves out what is about no order; Postgres has to be told that this is not wanted.
            conditions.push("order_id <> ''".to_owned());
        }
    }
    if let Some(after) = &page.after {
        let seq: i64 = after.parse().map_err(|_| status::invalid_field("page_token", "is not a token of this service"))?;
        params.push(seq.into());
        conditions.push(format!("seq < ${}", params.len()));
    }
    params.push((page.limit as u64 + 1).into());
    let sql = format!("SELECT {COLUMNS} FROM notifications WHERE {} ORDER BY seq DESC LIMIT ${}", conditions.join(" AND "), params.len());
    let failed = |error: StoreError| command::store_status(&error);
    let found = context.store.rows(&sql, params).await.map_err(failed)?;
    let read = |row| Ok((row_number(row)?, rows::read(row)?));
    let found = found.iter().map(read).collect::<Result<Vec<_>, _>>().map_err(failed)?;
    let (notifications, next_page_token) = page.cut(found, |(seq, _)| seq.to_string(), |(_, it)| wire::notification(it));
    Ok(ListNotificationsResponse { notifications, next_page_token })
}

fn row_number(row: &store::Row) -> Result<i64, StoreError> {
    row.get("seq")
}
