//! What can be asked without changing anything, one question a file.

mod list_comments;
mod list_feed;
mod list_followers;
mod list_following;

pub(crate) use list_comments::list_comments;
pub(crate) use list_feed::list_feed;
pub(crate) use list_followers::list_followers;
pub(crate) use list_following::list_following;

/// Rows on a page where nothing is said, and at most.
const PAGE: (usize, usize) = (50, 1_000);
