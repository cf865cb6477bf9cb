//! The wire of users and their goals. Made by the build script from `proto/ensue/users`.

pub use generated::CONTRACTS;
pub use generated::ensue::users::*;

mod generated {
    catalogue::contracts!();
}
