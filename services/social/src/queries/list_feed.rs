//! `ListFeed`.

use contracts_social::v1::{ListFeedRequest, ListFeedResponse};
use service_host::Context;
use service_host::command::{check, store_status};
use service_host::page::Page;
use tonic::Status;

use super::PAGE;
use crate::store::activities::{self, FIRST};
use crate::wire;

/// What those did whom a user follows, newest first.
pub(crate) async fn list_feed(context: &Context, request: &ListFeedRequest) -> Result<ListFeedResponse, Status> {
    check(request)?;
    let page = Page::parse(request.page_size, &request.page_token, &[&request.user_id], PAGE.0, PAGE.1)?;
    let before = page.after.as_deref().unwrap_or(FIRST);
    let found = activities::feed(&context.store, &request.user_id, before, page.limit + 1).await.map_err(|error| store_status(&error))?;
    let (items, next_page_token) = page.cut(found, |item| item.place.clone(), wire::item);
    Ok(ListFeedResponse { items, next_page_token })
}
