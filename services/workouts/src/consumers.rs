//! What workouts makes of its own domain's events: those that people and devices told by hand, and recordings that wait to be read.

mod process;
mod take;

pub use process::Process;
pub use take::Take;
