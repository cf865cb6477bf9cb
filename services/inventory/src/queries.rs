//! What can be asked without changing anything, one question a file.

mod batch_get_products;
mod get_product;
mod list_products;
mod list_reservations;

pub(crate) use batch_get_products::batch_get_products;
pub(crate) use get_product::get_product;
pub(crate) use list_products::list_products;
pub(crate) use list_reservations::list_reservations;

/// Rows on a page where nothing is said, and at most.
const PAGE: (usize, usize) = (50, 1_000);
