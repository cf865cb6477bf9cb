//! What shipping can be asked.

mod get_shipment;
mod list_shipments;

pub use get_shipment::get_shipment;
pub use list_shipments::list_shipments;
