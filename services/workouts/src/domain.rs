//! Workouts, recordings and what they amount to: pure, in the units that the fields name.

mod ascent;
mod decide;
mod facts;
mod heart;
mod metrics;
mod recording;
mod series;
mod way;
mod workout;

#[cfg(test)]
mod tests;

pub use decide::{Decision, Rejection, complete, correct, delete, record, refuse, start, upload};
pub use facts::Facts;
pub use heart::Heart;
pub use metrics::{Metrics, Zone};
pub use recording::{Lap, Reason, Recording, Refused, Sample};
pub use series::thin;
pub use workout::{Data, Format, Recorded, Share, Status, Workout};
