//! Carries a decision out: the row, the call to the carrier, the event; in the caller's transaction.

use catalogue::types::v1::Customer;
use contracts_shipping::v1 as events;
use delivery::intend;
use messaging::{Cause, headers};
use store::{StoreError, Work};

use super::ask_carrier::{AskCarrier, Call};
use crate::domain::{Ask, Decision, Event, Shipment, Status};
use crate::store::{self as rows, Record};
use crate::wire;

/// What a decision follows from.
pub struct Context {
    /// The command, the carrier's answer, or the gRPC call.
    pub cause: Cause,
    /// Whose order it is, where the command says so; else what the first command said.
    pub customer: Option<Customer>,
}

/// `before` is the shipment that was decided upon, locked.
pub async fn carry_out(
    work: &mut Work,
    order_id: &str,
    before: Option<Record>,
    decision: Decision,
    context: &Context,
) -> Result<(), StoreError> {
    let cause = &context.cause;
    let customer = context.customer.clone().or_else(|| before.as_ref().and_then(|record| record.customer.clone()));
    match decision.ask {
        Some(Ask::Book { shipment_id, lines, address, .. }) => {
            let id = shipment_id.clone();
            intend::<AskCarrier>(work, &id, order_id, &Call::Book { shipment_id, lines, address }, cause).await?;
        }
        Some(Ask::CancelBooking { shipment_id }) => {
            let id = format!("{shipment_id}-cancel");
            intend::<AskCarrier>(work, &id, order_id, &Call::Cancel { shipment_id }, cause).await?;
        }
        None => {}
    }
    if let Some(event) = decision.event {
        emit(work, event, customer.clone(), cause);
    }
    match decision.shipment {
        Some(shipment) => put(work, before, shipment, customer).await,
        None => Ok(()),
    }
}

async fn put(work: &mut Work, before: Option<Record>, shipment: Shipment, customer: Option<Customer>) -> Result<(), StoreError> {
    let now = work.now_us();
    let new = before.is_none();
    let mut record = match before {
        Some(before) => Record { shipment, updated_at_us: now, ..before },
        None => Record { shipment, customer, created_at_us: now, dispatched_at_us: None, delivered_at_us: None, updated_at_us: now },
    };
    match record.shipment.status {
        Status::Dispatched => record.dispatched_at_us = Some(now),
        Status::Delivered => record.delivered_at_us = Some(now),
        _ => {}
    }
    rows::put(work, &record, new).await
}

fn emit(work: &mut Work, event: Event, customer: Option<Customer>, cause: &Cause) {
    let now = Some(headers::timestamp(work.now_us()));
    match event {
        Event::Created { shipment_id, order_id, lines, address } => {
            let (lines, address) = (wire::lines(&lines), Some(wire::address(&address)));
            work.emit(cause, &events::ShipmentCreated { order_id, shipment_id, lines, address, customer, created_at: now });
        }
        Event::Failed { shipment_id, order_id, reason } => {
            work.emit(cause, &events::ShipmentFailed { order_id, shipment_id, reason, customer });
        }
        Event::Cancelled { shipment_id, order_id, reason } => {
            work.emit(cause, &events::ShipmentCancelled { order_id, shipment_id, reason, customer });
        }
        Event::CancelRefused { shipment_id, order_id, reason } => {
            work.emit(cause, &events::ShipmentCancelRefused { order_id, shipment_id, reason });
        }
        Event::Dispatched { shipment_id, order_id, address, tracking_number } => {
            let address = Some(wire::address(&address));
            let event = events::ShipmentDispatched { order_id, shipment_id, customer, address, tracking_number, dispatched_at: now };
            work.emit(cause, &event);
        }
        Event::Delivered { shipment_id, order_id } => {
            work.emit(cause, &events::ShipmentDelivered { order_id, shipment_id, customer, delivered_at: now });
        }
    }
}
