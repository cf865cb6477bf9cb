//! What can be asked without changing anything, one question a file.

mod get_goal;
mod list_goals;

pub(crate) use get_goal::get_goal;
pub(crate) use list_goals::list_goals;
