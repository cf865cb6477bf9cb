//! What can be asked without changing anything, one question a file.

mod list_comments;
mod list_feed;
mod list_followers;
mod list_following;

pub(crate) use list_comments::list_comments;
pub(crate) use list_feed::list_feed;
pub(crate) use list_followers::list_followers;
pub(crate) use list_following::list_following;

use service_host::page::Page;
use service_host::status;
use tonic::Status;

/// Rows on a page where nothing is said, and at most.
const PAGE: (usize, usize) = (50, 1_000);

/// Where a list that is ordered by time and id goes on; `first` where it begins.
fn place<'a>(page: &'a Page, first: (i64, &'a str)) -> Result<(i64, &'a str), Status> {
    let Some(after) = page.after.as_deref() else { return Ok(first) };
    let (time, id) = after.split_once('/').unwrap_or_default();
    let time = time.parse().map_err(|_| status::invalid_field("page_token", "is not a token of this service"))?;
    Ok((time, id))
}
