//! An order's events, as they stand in the log.

use catalogue::{Contract, types};
use contracts_orders::{v1, v2};
use messaging::{Cause, Envelope, Failure, headers};
use prost_types::Timestamp;
use store::Work;

use super::values::{
    address, address_of, contact, contact_of, customer, item_of, items, line, money, money_of, payment, payment_of, returned_line_of,
    status, status_of,
};
use crate::domain::{Event, Money, Order, Placed, Status};

/// What an event tells beside what the domain knows.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// For `order.confirmed`.
    pub payment_id: String,
    /// For `order.confirmed`.
    pub shipment_id: String,
    /// For `order.cancelled`: why, for people.
    pub detail: String,
    /// For `order.returned`.
    pub return_id: String,
}

/// Appends an event of this order under this version.
pub fn announce(event: &Event, order: &Order, told: &Told, cause: &Cause, version: u64, work: &mut Work) {
    let placed = &order.placed;
    let (order_id, at) = (placed.order_id.clone(), Some(headers::timestamp(work.now_us())));
    match event {
        Event::Placed(placed) => work.emit_at(cause, version, &order_placed(placed, at)),
        Event::StatusUpdated { previous_status, status: new, reason } => {
            let event = v1::OrderStatusUpdated {
                order_id,
                previous_status: status(*previous_status).into(),
                status: status(*new).into(),
                reason: reason.clone(),
                customer: customer(placed),
                updated_at: at,
            };
            work.emit_at(cause, version, &event);
        }
        Event::Confirmed => {
            let event = v1::OrderConfirmed {
                order_id,
                customer: customer(placed),
                items: items(placed),
                total: Some(money(&placed.total)),
                payment_id: told.payment_id.clone(),
                shipment_id: told.shipment_id.clone(),
                shipping_address: placed.shipping_address.as_ref().map(address),
                confirmed_at: at,
            };
            work.emit_at(cause, version, &event);
        }
        Event::Cancelled { reason } => {
            let event = v1::OrderCancelled {
                order_id,
                reason: reason.clone(),
                detail: told.detail.clone(),
                customer: customer(placed),
                items: items(placed),
                total: Some(money(&placed.total)),
                cancelled_at: at,
            };
            work.emit_at(cause, version, &event);
        }
        Event::Returned { lines, refund, reason } => {
            let event = v1::OrderReturned {
                order_id,
                return_id: told.return_id.clone(),
                lines: lines.iter().map(|it| line(&it.product_id, &it.sku_id, it.quantity)).collect(),
                refund: Some(money(refund)),
                reason: reason.clone(),
                customer: customer(placed),
                returned_at: at,
            };
            work.emit_at(cause, version, &event);
        }
    }
}

fn order_placed(placed: &Placed, at: Option<Timestamp>) -> v2::OrderPlaced {
    v2::OrderPlaced {
        order_id: placed.order_id.clone(),
        user_id: placed.user_id.clone(),
        contact: contact(&placed.contact),
        items: items(placed),
        total: Some(money(&placed.total)),
        payment: payment(&placed.payment),
        status: status(Status::Pending).into(),
        created_at: at,
        saga_id: placed.saga_id.clone(),
        shipping_address: placed.shipping_address.as_ref().map(address),
        address_unknown: false,
    }
}

/// The event as it is kept in the order's row.
pub fn placed_row(placed: &Placed, at_us: i64) -> v2::OrderPlaced {
    order_placed(placed, Some(headers::timestamp(at_us)))
}

/// An accepted order, as its event tells it.
pub fn placed_of(event: &v2::OrderPlaced) -> Placed {
    Placed {
        order_id: event.order_id.clone(),
        user_id: event.user_id.clone(),
        contact: contact_of(event.contact.as_ref()),
        items: event.items.iter().map(item_of).collect(),
        total: event.total.as_ref().map_or_else(|| Money::new(0, ""), money_of),
        shipping_address: event.shipping_address.as_ref().map(address_of),
        payment: payment_of(event.payment.as_ref()),
        saga_id: event.saga_id.clone(),
    }
}

/// What the domain sees in an event of the log, whatever version it was written in.
pub fn event_of(envelope: &Envelope) -> Result<Event, Failure> {
    let unknown = |number: i32| Failure::dead(format!("{} {}: status {number}", envelope.type_, envelope.id));
    let status = |number: i32| status_of(number).ok_or_else(|| unknown(number));
    let amount = |money: Option<&types::v1::Money>| money.map_or_else(|| Money::new(0, ""), money_of);
    Ok(match envelope.type_.as_str() {
        v2::OrderPlaced::TYPE => Event::Placed(Box::new(placed_of(&delivery::decode(envelope)?))),
        v1::OrderStatusUpdated::TYPE => {
            let event: v1::OrderStatusUpdated = delivery::decode(envelope)?;
            Event::StatusUpdated { previous_status: status(event.previous_status)?, status: status(event.status)?, reason: event.reason }
        }
        v1::OrderConfirmed::TYPE => Event::Confirmed,
        v1::OrderCancelled::TYPE => Event::Cancelled { reason: delivery::decode::<v1::OrderCancelled>(envelope)?.reason },
        v1::OrderReturned::TYPE => {
            let event: v1::OrderReturned = delivery::decode(envelope)?;
            let lines = event.lines.iter().map(returned_line_of).collect();
            Event::Returned { lines, refund: amount(event.refund.as_ref()), reason: event.reason }
        }
        other => return Err(Failure::dead(format!("{other} is no event of an order"))),
    })
}
