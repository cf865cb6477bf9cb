//! The undo of a charge: whatever its state, in the end the customer has the money and the saga an answer.

use super::refund::hand_back;
use super::{Ask, Decision, Event, Payment, Refund, RefundStatus, Status, Undo};

/// Gives back all that is left. Nothing there yet leaves a tombstone that refuses the late charge; a charge on its way is given back
/// once the provider's word is in, and one that may have been made once the provider says whether it was; where there is nothing to give back, a refund of 0 says so. `existing` is the refund of that id, if
/// there is one: while it runs its own end is the answer; one that the provider refused is asked again.
pub fn undo(payment: Option<&Payment>, existing: Option<&Refund>, order_id: &str, refund_id: &str, reason: &str) -> Decision {
    let undo = Undo { refund_id: refund_id.to_owned(), reason: reason.to_owned() };
    let Some(payment) = payment else {
        let tombstone = Payment::voided(order_id);
        let events = vec![nothing_to_give_back(&tombstone, &undo)];
        return Decision { payment: Some(tombstone), events, ..Decision::default() };
    };
    if existing.is_some_and(|refund| refund.status == RefundStatus::Pending) {
        return Decision::default();
    }
    match payment.status {
        Status::Pending => Decision { payment: Some(Payment { undo: Some(undo), ..payment.clone() }), ..Decision::default() },
        _ if payment.unclear => {
            let ask = Some(Ask::Inquire { payment_id: payment.payment_id.clone() });
            Decision { payment: Some(Payment { undo: Some(undo), ..payment.clone() }), ask, ..Decision::default() }
        }
        _ if payment.left() > 0 => hand_back(payment, refund_id, payment.left(), reason),
        _ => Decision { events: vec![nothing_to_give_back(payment, &undo)], ..Decision::default() },
    }
}

pub(super) fn nothing_to_give_back(payment: &Payment, undo: &Undo) -> Event {
    Event::Refunded {
        payment_id: payment.payment_id.clone(),
        order_id: payment.order_id.clone(),
        refund_id: undo.refund_id.clone(),
        amount: payment.amount.of_same(0),
        reason: undo.reason.clone(),
        refunded_total: payment.amount.of_same(payment.refunded),
    }
}
