//! What users want to reach and what counts towards it, without clock and without I/O.

mod goal;
mod period;
#[cfg(test)]
mod tests;
mod workout;

pub use goal::{Goal, Kind, MOST_OPEN, Rejection, State, Sums, may_set};
pub use period::{Period, Window, Zone};
pub use workout::{Told, Workout};
