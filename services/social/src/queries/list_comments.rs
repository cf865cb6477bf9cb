//! `ListComments`.

use contracts_social::v1::{ListCommentsRequest, ListCommentsResponse};
use service_host::command::{check, store_status};
use service_host::page::Page;
use service_host::{Context, status};
use tonic::Status;

use super::PAGE;
use crate::store::comments::{self, Comment};
use crate::wire;

/// What was said about something, oldest first.
pub(crate) async fn list_comments(context: &Context, request: &ListCommentsRequest) -> Result<ListCommentsResponse, Status> {
    check(request)?;
    let target = wire::target_asked(request.target.as_ref())?;
    let filters = [target.kind.as_str(), &target.id, &target.owner_id];
    let page = Page::parse(request.page_size, &request.page_token, &filters, PAGE.0, PAGE.1)?;
    let after = match page.after.as_deref().map(|after| after.split_once('/').unwrap_or_default()) {
        None => (i64::MIN, ""),
        Some((time, id)) => (time.parse().map_err(|_| status::invalid_field("page_token", "is not a token of this service"))?, id),
    };
    let found = comments::about(&context.store, &target, after, page.limit + 1).await.map_err(|error| store_status(&error))?;
    let key = |comment: &Comment| format!("{}/{}", comment.at_us, comment.comment_id);
    let (comments, next_page_token) = page.cut(found, key, |comment| wire::comment(&comment));
    Ok(ListCommentsResponse { comments, next_page_token })
}
