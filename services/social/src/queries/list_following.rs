//! `ListFollowing`.

use contracts_social::v1::{ListFollowingRequest, ListFollowingResponse};
use service_host::Context;
use service_host::command::{check, store_status};
use service_host::page::Page;
use tonic::Status;

use super::PAGE;
use crate::store::follows::{self, End};

/// Those whom a user follows, by id.
pub(crate) async fn list_following(context: &Context, request: &ListFollowingRequest) -> Result<ListFollowingResponse, Status> {
    check(request)?;
    let page = Page::parse(request.page_size, &request.page_token, &[&request.user_id], PAGE.0, PAGE.1)?;
    let users = follows::page(&context.store, End::Followed, &request.user_id, &page).await.map_err(|error| store_status(&error))?;
    let (user_ids, next_page_token) = page.cut(users, String::clone, |user| user);
    Ok(ListFollowingResponse { user_ids, next_page_token })
}
