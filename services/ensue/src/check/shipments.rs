//! One shipment for each standing order, and none on its way for any other.

use contracts::shipping::v1::{Shipment, ShipmentStatus};
use ensue_cli::text;

use super::finding::Finding;
use super::orders::by_order;
use super::picture::{Picture, stands};

/// Shipments against orders.
pub fn finding(picture: &Picture) -> Finding {
    let goes = |shipment: &&Shipment| !matches!(shipment.status(), ShipmentStatus::Cancelled | ShipmentStatus::Failed);
    let going: Vec<&Shipment> = picture.shipments.iter().filter(goes).collect();
    let by_order = by_order(going.iter().copied(), |shipment| &shipment.order_id);
    let mut differences = Vec::new();
    for order in picture.orders.values() {
        let shipments = by_order.get(&order.order_id).map_or(0, Vec::len);
        if shipments != usize::from(stands(order)) {
            let status = order.status().as_str_name().trim_start_matches("ORDER_STATUS_").to_ascii_lowercase();
            differences.push(format!("order {} is {status} and has {}", order.order_id, text::count(shipments, "shipment")));
        }
    }
    for (order_id, shipments) in &by_order {
        if !picture.orders.contains_key(order_id) {
            differences.push(format!("{} of order {order_id}, which nobody knows", text::count(shipments.len(), "shipment")));
        }
    }
    Finding::new("shipments", picture.standing().count(), going.len(), differences)
}
