//! The wire of inventory: products, prices, stock, reservations. Made by the build script from `proto/ensue/inventory`.

pub use generated::CONTRACTS;
pub use generated::ensue::inventory::*;

mod generated {
    catalogue::contracts!();
}
