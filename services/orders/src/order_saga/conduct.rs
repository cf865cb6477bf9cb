//! What each action of the saga is for an order: a command to a service, and the order's next status.

use messaging::Cause;
use saga::durable::Conduct;
use saga::{Action, Input, Ledger};
use store::{StoreError, Work};
use uuid::Uuid;

use super::Turn;
use super::plan::{CHARGE, CONFIRM, RESERVE, SHIPMENT};
use crate::domain::{By, Placed, Status, change_status};
use crate::wire::{self, Told};

/// The order saga's conduct.
#[derive(Clone, Copy, Debug)]
pub struct OrderConduct;

impl Conduct for OrderConduct {
    type Data = Turn;

    async fn act(
        &self,
        action: &Action,
        ledger: &Ledger,
        turn: &mut Turn,
        cause: &Cause,
        work: &mut Work,
    ) -> Result<Option<Input>, StoreError> {
        let reason = ledger.reason.as_deref().unwrap_or_default();
        match action {
            Action::Do { step, .. } => return Ok(begin(step, ledger, turn, cause, work)),
            Action::Undo { step, .. } => undo(step, reason, &turn.kept.order.placed, cause, work),
            Action::Completed => {
                become_(Status::Confirmed, "", ledger, turn, cause, work);
                work.emit(cause, &wire::deduct(&turn.kept.order.placed));
            }
            Action::Compensated { reason } => become_(Status::Cancelled, reason, ledger, turn, cause, work),
            Action::CompensationFailed { .. } => become_(Status::CompensationFailed, reason, ledger, turn, cause, work),
            Action::TurnedForward { why } => {
                tracing::info!(order_id = ledger.saga_id, why, "too late to cancel; the order goes on");
            }
            Action::ArmTimer { .. } | Action::CancelTimer { .. } | Action::Ignored { .. } => {}
        }
        Ok(None)
    }

    fn keep(&self, turn: &Turn) -> Vec<u8> {
        // Two texts: there is nothing in them that JSON could refuse.
        serde_json::to_vec(&turn.progress).unwrap_or_default()
    }
}

/// A step begins where the one before is done, so the order's status follows from it.
fn begin(step: &str, ledger: &Ledger, turn: &mut Turn, cause: &Cause, work: &mut Work) -> Option<Input> {
    match step {
        RESERVE => work.emit(cause, &wire::reserve(&turn.kept.order.placed)),
        CHARGE => {
            become_(Status::Reserved, "", ledger, turn, cause, work);
            let placed = &turn.kept.order.placed;
            work.emit(cause, &wire::charge(placed, &payment_id(placed)));
        }
        SHIPMENT => {
            become_(Status::Paid, "", ledger, turn, cause, work);
            become_(Status::Shipping, "", ledger, turn, cause, work);
            work.emit(cause, &wire::create_shipment(&turn.kept.order.placed));
        }
        CONFIRM => return Some(Input::done(CONFIRM)),
        other => {
            tracing::error!(order_id = ledger.saga_id, step = other, "a step that nobody knows; its time-out will turn the saga round")
        }
    }
    None
}

fn undo(step: &str, reason: &str, placed: &Placed, cause: &Cause, work: &mut Work) {
    match step {
        RESERVE => work.emit(cause, &wire::release(placed, reason)),
        CHARGE => work.emit(cause, &wire::refund(placed, &undo_refund_id(&placed.order_id), None, reason)),
        SHIPMENT => work.emit(cause, &wire::cancel_shipment(placed, reason)),
        other => tracing::error!(order_id = placed.order_id, step = other, "a step that nobody knows; its undo will time out"),
    }
}

/// Changes the order's status. What is there already is no news; what the table forbids was settled by an operator meanwhile.
fn become_(to: Status, reason: &str, ledger: &Ledger, turn: &mut Turn, cause: &Cause, work: &mut Work) {
    match change_status(&turn.kept.order, to, reason, By::Process) {
        Ok(events) => {
            let told = Told {
                payment_id: turn.progress.payment_id.clone(),
                shipment_id: turn.progress.shipment_id.clone(),
                detail: ledger.error.clone().unwrap_or_else(|| turn.progress.said.clone()),
                ..Told::default()
            };
            turn.kept.happen(events, &told, cause, work);
        }
        Err(rejection) => tracing::warn!(order_id = ledger.saga_id, %rejection, "the saga's status is not the order's"),
    }
}

/// The idempotency key at the provider: one payment per order, however often it is asked for.
fn payment_id(placed: &Placed) -> String {
    derived(&placed.order_id, "payment")
}

/// The id of the refund that undoes the charge; refunds of returns have others.
pub fn undo_refund_id(order_id: &str) -> String {
    derived(order_id, "undo")
}

fn derived(order_id: &str, what: &str) -> String {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("orders/{order_id}/{what}").as_bytes()).to_string()
}
