//! The wire of achievements: rules, progress, unlocks. Made by the build script from `proto/ensue/achievements`.

pub use generated::CONTRACTS;
pub use generated::ensue::achievements::*;

mod generated {
    catalogue::contracts!();
}
