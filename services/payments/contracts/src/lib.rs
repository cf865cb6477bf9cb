//! The wire of payments and refunds. Made by the build script from `proto/ensue/payments`.

pub use generated::CONTRACTS;
pub use generated::ensue::payments::*;

mod generated {
    catalogue::contracts!();
}
