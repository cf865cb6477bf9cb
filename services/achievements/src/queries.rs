//! What can be asked about achievements.

mod get_streak;
mod list_progress;
mod list_rules;
mod list_unlocked;

pub use get_streak::get_streak;
pub use list_progress::list_progress;
pub use list_rules::list_rules;
pub use list_unlocked::list_unlocked;

/// Rows of a page where nothing is asked, and the most there are.
const PAGE: (usize, usize) = (50, 1_000);
