//! What can be asked.

mod get_user_totals;
mod get_workout;
mod list_workouts;

pub use get_user_totals::get_user_totals;
pub use get_workout::get_workout;
pub use list_workouts::list_workouts;
