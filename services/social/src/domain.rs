//! What people may do with each other, without clock and without I/O.

mod activity;
mod follow;
mod target;
#[cfg(test)]
mod tests;

pub use activity::Activity;
pub use follow::{MOST_FOLLOWED, Rejection, may_follow};
pub use target::{Fault, Kind, Target};
