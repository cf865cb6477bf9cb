//! What can be done to workouts, one verb a file.

mod amend;
mod book;
mod complete;
mod delete;
mod settle;
mod start;
mod update;
mod upload;

pub use book::Book;
pub use complete::complete_workout;
pub use delete::delete_workout;
pub use settle::{Verdict, settle};
pub use start::start_workout;
pub use update::update_workout;
pub use upload::upload_workout_data;
