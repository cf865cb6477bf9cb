//! `ListFeed`.

use contracts::social::v1::{ListFeedRequest, ListFeedResponse};
use service_host::Context;
use service_host::command::{check, store_status};
use service_host::page::Page;
use tonic::Status;

use super::{PAGE, place};
use crate::store::activities;
use crate::wire;

/// What those did whom a user follows, newest first.
pub(crate) async fn list_feed(context: &Context, request: &ListFeedRequest) -> Result<ListFeedResponse, Status> {
    check(request)?;
    let page = Page::parse(request.page_size, &request.page_token, &[&request.user_id], PAGE.0, PAGE.1)?;
    let before = place(&page, (i64::MAX, ""))?;
    let found = activities::feed(&context.store, &request.user_id, before, page.limit + 1).await.map_err(|error| store_status(&error))?;
    let (items, next_page_token) = page.cut(found, |item| format!("{}/{}", item.at_us, item.event_id));
    Ok(ListFeedResponse { items: items.into_iter().map(wire::item).collect(), next_page_token })
}
