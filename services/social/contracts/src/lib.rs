//! The wire of social: follows, likes, comments. Made by the build script from `proto/ensue/social`.

pub use generated::CONTRACTS;
pub use generated::ensue::social::*;

mod generated {
    catalogue::contracts!();
}
