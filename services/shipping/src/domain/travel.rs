//! A shipment on its way to the customer.

use super::{Decision, Event, Rejection, Shipment, Status};

/// The carrier has it. `tracking_number` is the carrier's, where it is another one than at booking; empty: the same.
pub fn dispatch(shipment: &Shipment, tracking_number: &str) -> Result<Decision, Rejection> {
    let mut after = moved(shipment, Status::Dispatched)?;
    if !tracking_number.is_empty() {
        after.tracking_number = tracking_number.to_owned();
    }
    let event = Event::Dispatched {
        shipment_id: after.shipment_id.clone(),
        order_id: after.order_id.clone(),
        address: after.address.clone(),
        tracking_number: after.tracking_number.clone(),
    };
    Ok(Decision { shipment: Some(after), ask: None, event: Some(event) })
}

/// The customer has it.
pub fn deliver(shipment: &Shipment) -> Result<Decision, Rejection> {
    let after = moved(shipment, Status::Delivered)?;
    let event = Event::Delivered { shipment_id: after.shipment_id.clone(), order_id: after.order_id.clone() };
    Ok(Decision { shipment: Some(after), ask: None, event: Some(event) })
}

fn moved(shipment: &Shipment, to: Status) -> Result<Shipment, Rejection> {
    let from = shipment.status;
    from.may_become(to).then(|| Shipment { status: to, ..shipment.clone() }).ok_or(Rejection::ForbiddenTransition { from, to })
}
