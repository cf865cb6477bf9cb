//! `ListFollowers`.

use contracts_social::v1::{ListFollowersRequest, ListFollowersResponse};
use service_host::Context;
use service_host::command::{check, store_status};
use service_host::page::Page;
use tonic::Status;

use super::PAGE;
use crate::store::follows::{self, End};

/// Those who follow a user, by id.
pub(crate) async fn list_followers(context: &Context, request: &ListFollowersRequest) -> Result<ListFollowersResponse, Status> {
    check(request)?;
    let page = Page::parse(request.page_size, &request.page_token, &[&request.user_id], PAGE.0, PAGE.1)?;
    let users = follows::page(&context.store, End::Followers, &request.user_id, &page).await.map_err(|error| store_status(&error))?;
    let (user_ids, next_page_token) = page.cut(users, String::clone, |user| user);
    Ok(ListFollowersResponse { user_ids, next_page_token })
}
