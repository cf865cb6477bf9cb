//! The wire of notifications: what is sent to whom. Made by the build script from `proto/ensue/notifications`.

pub use generated::CONTRACTS;
pub use generated::ensue::notifications::*;

mod generated {
    catalogue::contracts!();
}
