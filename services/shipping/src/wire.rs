//! Between what travels and what the domain speaks of. Wire types stop here.

use catalogue::types::v1 as types;
use contracts_shipping::v1 as wire;
use messaging::{Failure, headers};
use service_host::status;
use tonic::Status as Answer;

use crate::domain::{Address, Line, Rejection, Status};
use crate::store::{By, Record};

/// A command that breaks its own rules is dead at once, naming the fields: no repetition mends it.
pub fn checked<M: catalogue::Described>(command: &M) -> Result<(), Failure> {
    catalogue::check(command).map_err(|violations| {
        let faults: Vec<String> = violations.iter().map(ToString::to_string).collect();
        Failure::dead(faults.join("; "))
    })
}

/// Lines as they travel.
pub fn lines(lines: &[Line]) -> Vec<types::Line> {
    let line = |line: &Line| types::Line {
        product_id: line.product_id.clone(),
        sku_id: line.sku_id.clone(),
        quantity: line.quantity.try_into().unwrap_or(i32::MAX), // at most a million by the contract's rule
    };
    lines.iter().map(line).collect()
}

/// Lines that came.
pub fn lines_read(lines: Vec<types::Line>) -> Vec<Line> {
    let line = |line: types::Line| Line {
        product_id: line.product_id,
        sku_id: line.sku_id,
        quantity: line.quantity.try_into().unwrap_or_default(), // at least 1 by the contract's rule
    };
    lines.into_iter().map(line).collect()
}

/// An address as it travels.
pub fn address(address: &Address) -> types::Address {
    types::Address {
        recipient: address.recipient.clone(),
        lines: address.lines.clone(),
        city: address.city.clone(),
        region: address.region.clone(),
        postal_code: address.postal_code.clone(),
        country: address.country.clone(),
    }
}

/// An address that came.
pub fn address_read(address: types::Address) -> Address {
    Address {
        recipient: address.recipient,
        lines: address.lines,
        city: address.city,
        region: address.region,
        postal_code: address.postal_code,
        country: address.country,
    }
}

/// One of the two ids; INVALID_ARGUMENT for none and for both.
pub fn by(shipment_id: &str, order_id: &str) -> Result<By, Answer> {
    match (shipment_id.is_empty(), order_id.is_empty()) {
        (false, true) => Ok(By::Shipment(shipment_id.to_owned())),
        (true, false) => Ok(By::Order(order_id.to_owned())),
        _ => Err(status::invalid_field("shipment_id", "one of shipment_id and order_id must be given")),
    }
}

/// NOT_FOUND.
pub fn not_found(by: &By) -> Answer {
    let (By::Order(id) | By::Shipment(id)) = by;
    status::not_found("shipment", id)
}

/// What a rejected step is to a caller.
pub fn refused(rejection: &Rejection) -> Answer {
    let message = rejection.to_string();
    match rejection {
        Rejection::ForbiddenTransition { from, to } => {
            status::failed_precondition("FORBIDDEN_TRANSITION", &message, [("from", from.to_string()), ("to", to.to_string())])
        }
        Rejection::OrderReleased { .. } => status::failed_precondition("ORDER_RELEASED", &message, []),
    }
}

/// A shipment as it is shown.
pub fn shipment(record: &Record) -> wire::Shipment {
    let shipment = &record.shipment;
    wire::Shipment {
        shipment_id: shipment.shipment_id.clone(),
        order_id: shipment.order_id.clone(),
        lines: lines(&shipment.lines),
        address: Some(address(&shipment.address)),
        status: status_on_wire(shipment.status).into(),
        reason: shipment.reason.clone(),
        user_id: record.customer.as_ref().map(|customer| customer.user_id.clone()).unwrap_or_default(),
        created_at: Some(headers::timestamp(record.created_at_us)),
        dispatched_at: record.dispatched_at_us.map(headers::timestamp),
        delivered_at: record.delivered_at_us.map(headers::timestamp),
        updated_at: Some(headers::timestamp(record.updated_at_us)),
        tracking_number: shipment.tracking_number.clone(),
    }
}

fn status_on_wire(status: Status) -> wire::ShipmentStatus {
    match status {
        Status::Requested => wire::ShipmentStatus::Unspecified,
        Status::Created => wire::ShipmentStatus::Created,
        Status::Dispatched => wire::ShipmentStatus::Dispatched,
        Status::Delivered => wire::ShipmentStatus::Delivered,
        Status::Cancelled => wire::ShipmentStatus::Cancelled,
        Status::Failed => wire::ShipmentStatus::Failed,
    }
}

/// A status to filter by; `None` for any. INVALID_ARGUMENT for a number that stands for none.
pub fn status_asked(status: i32) -> Result<Option<Status>, Answer> {
    let known = wire::ShipmentStatus::try_from(status).map_err(|_| status::invalid_field("status", "is no shipment status"))?;
    Ok(match known {
        wire::ShipmentStatus::Unspecified => None,
        wire::ShipmentStatus::Created => Some(Status::Created),
        wire::ShipmentStatus::Dispatched => Some(Status::Dispatched),
        wire::ShipmentStatus::Delivered => Some(Status::Delivered),
        wire::ShipmentStatus::Cancelled => Some(Status::Cancelled),
        wire::ShipmentStatus::Failed => Some(Status::Failed),
    })
}
