//! The consumer `saga`: every answer to the saga's commands, its timers, and the facts from shipping.
//!
//! They share one consumer because they share one order: `shipment.dispatched` must not overtake `shipment.created`.

use std::sync::Arc;

use contracts_inventory::v1 as inventory;
use contracts_payments::v1 as payments;
use contracts_shipping::v1 as shipping;
use delivery::Consumer;
use saga::Input;

use super::refunds::PaymentsFailed;
use super::timers::Timers;
use super::travel::{Delivered, Dispatched};
use crate::domain::reasons;
use crate::order_saga::plan::{CHARGE, RESERVE, SHIPMENT};
use crate::order_saga::{Answer, OrderSaga, Progress, undo_refund_id};

/// The consumer `saga`.
pub fn saga(saga: &Arc<OrderSaga>) -> Consumer {
    Consumer::new("saga")
        .on(Answer::new(saga, reserved))
        .on(Answer::new(saga, reservation_failed))
        .on(Answer::new(saga, released))
        .on(Answer::new(saga, inventory_failed))
        .on(Answer::new(saga, paid))
        .on(Answer::new(saga, not_paid))
        .on(Answer::new(saga, refunded))
        .on(PaymentsFailed(Answer::new(saga, payments_failed)))
        .on(Answer::new(saga, shipment_created))
        .on(Answer::new(saga, shipment_failed))
        .on(Answer::new(saga, shipment_cancelled))
        .on(Answer::new(saga, cancel_refused))
        .on(Answer::new(saga, shipping_failed))
        .on(Dispatched(saga.clone()))
        .on(Delivered(saga.clone()))
        .on_timer(Timers(saga.clone()))
}

/// What an answer says to the saga; see [`Reading`](crate::order_saga::Reading).
type Read = Option<(Input, Progress)>;

fn only(input: Input) -> Read {
    Some((input, Progress::default()))
}

/// A command was given up: its do may have happened, or may yet, by redrive; its undo failed.
fn given_up(command: &str, error: &str, (step, reason): (&str, &str), (to_do, to_undo): (&str, &str)) -> Read {
    let error = format!("{command}: {error}");
    if command == to_do {
        only(Input::StepUncertain { step: step.to_owned(), reason: reason.to_owned(), error })
    } else if command == to_undo {
        only(Input::undo_failed(step, error))
    } else {
        // Deducting or taking back: the dead letter is there, and the saga is over.
        None
    }
}

fn reserved(_: &inventory::StockReserved) -> Read {
    only(Input::done(RESERVE))
}

fn reservation_failed(event: &inventory::StockReservationFailed) -> Read {
    let what = if event.sku_id.is_empty() { event.product_id.clone() } else { format!("{} {}", event.product_id, event.sku_id) };
    let error = match event.reason.as_str() {
        reasons::PRODUCT_NOT_FOUND => format!("{what} is no longer for sale"),
        _ => format!("{what}: available {}, requested {}", event.available, event.requested),
    };
    only(Input::failed(RESERVE, &event.reason, error))
}

fn released(_: &inventory::StockReleased) -> Read {
    only(Input::undone(RESERVE))
}

fn inventory_failed(event: &inventory::InventoryCommandFailed) -> Read {
    given_up(&event.command, &event.error, (RESERVE, reasons::SAGA_TIMEOUT), ("inventory.reserve", "inventory.release"))
}

fn paid(event: &payments::PaymentCompleted) -> Read {
    Some((Input::done(CHARGE), Progress { payment_id: event.payment_id.clone(), ..Progress::default() }))
}

fn not_paid(event: &payments::PaymentFailed) -> Read {
    let error = match event.reason.as_str() {
        reasons::PAYMENT_TIMEOUT => "the payment provider did not answer".to_owned(),
        reason => format!("the payment was refused: {reason}"),
    };
    only(Input::failed(CHARGE, &event.reason, error))
}

/// The undo's refund, not one of a return or of an operator.
fn refunded(event: &payments::PaymentRefunded) -> Read {
    (event.refund_id == undo_refund_id(&event.order_id)).then(|| only(Input::undone(CHARGE))).flatten()
}

fn payments_failed(event: &payments::PaymentCommandFailed) -> Read {
    given_up(&event.command, &event.error, (CHARGE, reasons::PAYMENT_TIMEOUT), ("payments.charge", "payments.refund"))
}

fn shipment_created(event: &shipping::ShipmentCreated) -> Read {
    Some((Input::done(SHIPMENT), Progress { shipment_id: event.shipment_id.clone(), ..Progress::default() }))
}

fn shipment_failed(event: &shipping::ShipmentFailed) -> Read {
    only(Input::failed(SHIPMENT, reasons::SHIPPING_FAILED, format!("the carrier refused: {}", event.reason)))
}

fn shipment_cancelled(_: &shipping::ShipmentCancelled) -> Read {
    only(Input::undone(SHIPMENT))
}

fn cancel_refused(event: &shipping::ShipmentCancelRefused) -> Read {
    only(Input::undo_refused(SHIPMENT, format!("the shipment is {}", event.reason)))
}

fn shipping_failed(event: &shipping::ShipmentCommandFailed) -> Read {
    let commands = ("shipping.create_shipment", "shipping.cancel_shipment");
    given_up(&event.command, &event.error, (SHIPMENT, reasons::SHIPPING_FAILED), commands)
}
