//! The wire of workouts: recordings, metrics, totals. Made by the build script from `proto/ensue/workouts`.

pub use generated::CONTRACTS;
pub use generated::ensue::workouts::*;

mod generated {
    catalogue::contracts!();
}
