//! Making the shipment of an order.

use super::{Address, Ask, Decision, Event, Line, Rejection, Shipment, Status};

/// A wish for a shipment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreateRequest {
    pub shipment_id: String,
    pub order_id: String,
    pub lines: Vec<Line>,
    /// Empty where the order was placed in the form without one.
    pub address: Address,
}

/// The carrier's final word on a booking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BookingOutcome {
    /// It will come.
    Booked { tracking_number: String },
    /// It will not; its own reason.
    Refused { reason: String },
    /// It may or may not: it never said.
    Unknown { reason: String },
}

/// Asks the carrier to take an order's goods. `existing` is the order's shipment, if there is one: asking again changes nothing, asking
/// after it was cancelled is refused.
pub fn create(existing: Option<&Shipment>, wish: CreateRequest) -> Result<Decision, Rejection> {
    match existing.map(|shipment| shipment.status) {
        Some(Status::Cancelled) => return Err(Rejection::OrderReleased { order_id: wish.order_id }),
        Some(_) => return Ok(Decision::default()),
        None => {}
    }
    let shipment = Shipment {
        shipment_id: wish.shipment_id,
        order_id: wish.order_id,
        lines: wish.lines,
        address: wish.address,
        status: Status::Requested,
        reason: String::new(),
        tracking_number: String::new(),
    };
    let ask = Ask::Book {
        shipment_id: shipment.shipment_id.clone(),
        order_id: shipment.order_id.clone(),
        lines: shipment.lines.clone(),
        address: shipment.address.clone(),
    };
    Ok(Decision { shipment: Some(shipment), ask: Some(ask), event: None })
}

/// Takes the carrier's word down. Where the shipment was cancelled meanwhile, a yes is taken back; one that may have been said is
/// taken back in any case; what is settled stays as it is.
pub fn settle_booking(shipment: &Shipment, outcome: BookingOutcome) -> Decision {
    let (shipment_id, order_id) = (shipment.shipment_id.clone(), shipment.order_id.clone());
    match (shipment.status, outcome) {
        (Status::Requested, BookingOutcome::Booked { tracking_number }) => {
            let event = Event::Created { shipment_id, order_id, lines: shipment.lines.clone(), address: shipment.address.clone() };
            let shipment = Shipment { status: Status::Created, tracking_number, ..shipment.clone() };
            Decision { shipment: Some(shipment), ask: None, event: Some(event) }
        }
        (Status::Requested, BookingOutcome::Refused { reason }) => fail(shipment, reason, None),
        (Status::Requested, BookingOutcome::Unknown { reason }) => fail(shipment, reason, Some(Ask::CancelBooking { shipment_id })),
        (Status::Cancelled, BookingOutcome::Booked { .. } | BookingOutcome::Unknown { .. }) => {
            Decision { ask: Some(Ask::CancelBooking { shipment_id }), ..Decision::default() }
        }
        _ => Decision::default(),
    }
}

fn fail(shipment: &Shipment, reason: String, ask: Option<Ask>) -> Decision {
    let (shipment_id, order_id) = (shipment.shipment_id.clone(), shipment.order_id.clone());
    let event = Event::Failed { shipment_id, order_id, reason: reason.clone() };
    let shipment = Shipment { status: Status::Failed, reason, ..shipment.clone() };
    Decision { shipment: Some(shipment), ask, event: Some(event) }
}
