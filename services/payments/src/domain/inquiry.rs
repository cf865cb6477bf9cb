//! A charge of which the provider never said whether it was made, once it says so, or still does not.

use super::refund::hand_back;
use super::undo::nothing_to_give_back;
use super::{Decision, Event, Payment, Status, Undo};

/// Takes the provider's word down: `charged` is its own id of the charge, if it was made after all. The order was told that it is not
/// paid, so the money goes straight back, for the undo that waits or without one.
pub fn settle_inquiry(payment: &Payment, charged: Option<&str>) -> Decision {
    if !payment.unclear {
        return Decision::default();
    }
    let undo = payment.undo.clone();
    let mut payment = Payment { unclear: false, undo: None, ..payment.clone() };
    let Some(reference) = charged else {
        let events = undo.map(|undo| nothing_to_give_back(&payment, &undo)).into_iter().collect();
        return Decision { payment: Some(payment), events, ..Decision::default() };
    };
    (payment.status, payment.provider_reference) = (Status::Completed, reference.to_owned());
    let undo = undo.unwrap_or_else(|| Undo { refund_id: format!("{}-late", payment.payment_id), reason: payment.reason.clone() });
    if payment.left() > 0 {
        return hand_back(&payment, &undo.refund_id, payment.left(), &undo.reason);
    }
    let events = vec![nothing_to_give_back(&payment, &undo)];
    Decision { payment: Some(payment), events, ..Decision::default() }
}

/// The provider is not asked any more. An undo that waits is told that it failed; another one asks again.
pub fn give_up_inquiry(payment: &Payment, error: &str) -> Decision {
    let Some(undo) = payment.undo.clone().filter(|_| payment.unclear) else { return Decision::default() };
    let event = Event::RefundFailed {
        payment_id: payment.payment_id.clone(),
        order_id: payment.order_id.clone(),
        refund_id: undo.refund_id,
        amount: payment.amount.clone(),
        error: error.to_owned(),
    };
    Decision { payment: Some(Payment { undo: None, ..payment.clone() }), events: vec![event], ..Decision::default() }
}
