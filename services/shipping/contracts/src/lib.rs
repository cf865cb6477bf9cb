//! The wire of shipments. Made by the build script from `proto/ensue/shipping`.

pub use generated::CONTRACTS;
pub use generated::ensue::shipping::*;

mod generated {
    catalogue::contracts!();
}
