//! The wire of orders and their saga. Made by the build script from `proto/ensue/orders`.

mod upcast;

pub use generated::CONTRACTS;
pub use generated::ensue::orders::*;

mod generated {
    catalogue::contracts!();
}
