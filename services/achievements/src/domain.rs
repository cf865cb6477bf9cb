//! What people did becomes counts, and counts become achievements: pure, and the same in whatever order things are told.

mod change;
mod counts;
mod day;
mod person;
mod progress;
mod rule;
mod streak;
mod workout;

#[cfg(test)]
mod tests;

pub use change::{Change, Mark};
pub use counts::{Counts, Measure, thousandths};
pub use day::{Day, date, day_of, zone_name};
pub use person::Person;
pub use progress::{MILESTONES, News, Standing, What, advance};
pub use rule::{Fault, Need, Needs, PARTS, Rule};
pub use streak::{Streak, streak};
pub use workout::{Report, Workout};
