//! What can be asked about orders and their sagas.

mod get_order;
mod list_orders;
mod list_sagas;

pub use get_order::get_order;
pub use list_orders::list_orders;
pub use list_sagas::list_sagas;

/// Rows of a page when the caller does not say.
const PAGE: usize = 50;
/// Rows of a page at most.
const LARGEST: usize = 1_000;

/// Where a page ended: a time and an id.
fn key(at_us: i64, id: &str) -> String {
    format!("{at_us}/{id}")
}

fn read_key(key: &str) -> Option<(i64, String)> {
    let (at_us, id) = key.split_once('/')?;
    Some((at_us.parse().ok()?, id.to_owned()))
}
