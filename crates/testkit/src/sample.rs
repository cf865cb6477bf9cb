//! The businesses that the platform's tests know, so that no test of it needs a real one.

use catalogue::{Catalogue, Upcast};

pub use generated::CONTRACTS;
pub use generated::sample::*;

mod generated {
    catalogue::contracts!();
}

/// The first form had no address.
impl Upcast<orders::v1::OrderPlaced> for orders::v2::OrderPlaced {
    fn upcast(old: orders::v1::OrderPlaced) -> Self {
        Self { order_id: old.order_id, user_id: old.user_id, shipping_address: None, address_unknown: true }
    }
}

/// The catalogue of these businesses.
pub fn catalogue() -> Catalogue {
    Catalogue::of([&CONTRACTS]).expect("the samples fit together")
}
