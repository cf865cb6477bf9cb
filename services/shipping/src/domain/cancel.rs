//! The undo: a shipment that will not go, as long as it has not gone.

use super::{Address, Ask, Decision, Event, Shipment, Status};

/// Cancels the shipment of an order, and always answers. Where there is none yet it leaves a tombstone that refuses the late one; while the
/// carrier is being asked, its yes will be taken back; what is under way stays so and says so.
pub fn cancel(existing: Option<&Shipment>, order_id: &str, reason: &str) -> Decision {
    let Some(shipment) = existing else {
        let tombstone = Shipment {
            shipment_id: String::new(),
            order_id: order_id.to_owned(),
            lines: Vec::new(),
            address: Address::default(),
            status: Status::Cancelled,
            reason: reason.to_owned(),
            tracking_number: String::new(),
        };
        let event = cancelled(&tombstone, reason);
        return Decision { shipment: Some(tombstone), ask: None, event: Some(event) };
    };
    match shipment.status {
        Status::Dispatched | Status::Delivered => {
            let reason = shipment.status.as_str().to_owned();
            let (shipment_id, order_id) = (shipment.shipment_id.clone(), shipment.order_id.clone());
            Decision { event: Some(Event::CancelRefused { shipment_id, order_id, reason }), ..Decision::default() }
        }
        Status::Failed | Status::Cancelled => Decision { event: Some(cancelled(shipment, reason)), ..Decision::default() },
        Status::Requested | Status::Created => {
            let booked = shipment.status == Status::Created;
            let ask = booked.then(|| Ask::CancelBooking { shipment_id: shipment.shipment_id.clone() });
            let after = Shipment { status: Status::Cancelled, reason: reason.to_owned(), ..shipment.clone() };
            Decision { shipment: Some(after), ask, event: Some(cancelled(shipment, reason)) }
        }
    }
}

fn cancelled(shipment: &Shipment, reason: &str) -> Event {
    Event::Cancelled { shipment_id: shipment.shipment_id.clone(), order_id: shipment.order_id.clone(), reason: reason.to_owned() }
}
