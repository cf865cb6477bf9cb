//! Taking the money of an order, once.

use super::refund::hand_back;
use super::{Ask, Decision, Event, Money, Payment, Rejection, Status, reasons, undo::nothing_to_give_back};

/// A wish to be paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChargeRequest {
    /// The idempotency key at the provider.
    pub payment_id: String,
    pub order_id: String,
    pub amount: Money,
    /// `card`, `alipay`, `wechat_pay`, …
    pub method: String,
    /// The provider's.
    pub token: String,
}

/// The provider's final word on a charge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChargeOutcome {
    /// The money is in.
    Charged { provider_reference: String },
    /// It is not; the provider's own reason.
    Declined { reason: String },
    /// No answer, and the provider, asked again, knows of no charge.
    TimedOut,
    /// No answer, to the last question either: it may have charged.
    Unknown,
}

/// Asks the provider for the money of an order. `existing` is the order's payment, if there is one: asking again changes nothing,
/// asking after the undo is refused.
pub fn charge(existing: Option<&Payment>, wish: ChargeRequest) -> Result<Decision, Rejection> {
    match existing {
        Some(payment) if payment.status == Status::Voided => return Err(Rejection::Voided { order_id: wish.order_id }),
        Some(_) => return Ok(Decision::default()),
        None if wish.amount.minor_units < 0 => return Err(Rejection::BadAmount { minor_units: wish.amount.minor_units }),
        None => {}
    }
    let payment = Payment {
        payment_id: wish.payment_id.clone(),
        amount: wish.amount.clone(),
        method: wish.method.clone(),
        status: Status::Pending,
        ..Payment::voided(wish.order_id)
    };
    let ask = Ask::Charge { payment_id: wish.payment_id, amount: wish.amount, method: wish.method, token: wish.token };
    Ok(Decision { payment: Some(payment), ask: Some(ask), ..Decision::default() })
}

/// Takes the provider's word down. A payment that is settled already stays as it is; one whose undo waits goes straight back. One that may
/// have been charged fails all the same, and the provider is asked until it says.
pub fn settle_charge(payment: &Payment, outcome: ChargeOutcome) -> Decision {
    if payment.status != Status::Pending {
        return Decision::default();
    }
    let undo = payment.undo.clone();
    let mut payment = Payment { undo: None, ..payment.clone() };
    let ChargeOutcome::Charged { provider_reference } = outcome else {
        let (reason, retriable) = match outcome {
            ChargeOutcome::TimedOut | ChargeOutcome::Unknown => (reasons::PAYMENT_TIMEOUT, true),
            _ => (reasons::PAYMENT_DECLINED, false),
        };
        (payment.status, payment.reason) = (Status::Failed, reason.to_owned());
        let mut events = vec![Event::Failed {
            payment_id: payment.payment_id.clone(),
            order_id: payment.order_id.clone(),
            amount: payment.amount.clone(),
            method: payment.method.clone(),
            reason: reason.to_owned(),
            retriable,
        }];
        if outcome == ChargeOutcome::Unknown {
            (payment.unclear, payment.undo) = (true, undo);
            let ask = Some(Ask::Inquire { payment_id: payment.payment_id.clone() });
            return Decision { payment: Some(payment), ask, events, ..Decision::default() };
        }
        events.extend(undo.map(|undo| nothing_to_give_back(&payment, &undo)));
        return Decision { payment: Some(payment), events, ..Decision::default() };
    };
    (payment.status, payment.provider_reference) = (Status::Completed, provider_reference.clone());
    let completed = Event::Completed {
        payment_id: payment.payment_id.clone(),
        order_id: payment.order_id.clone(),
        amount: payment.amount.clone(),
        method: payment.method.clone(),
        provider_reference,
    };
    let mut decision = match undo {
        Some(undo) if payment.left() > 0 => hand_back(&payment, &undo.refund_id, payment.left(), &undo.reason),
        Some(undo) => Decision { events: vec![nothing_to_give_back(&payment, &undo)], ..Decision::default() },
        None => Decision::default(),
    };
    decision.payment.get_or_insert(payment);
    decision.events.insert(0, completed);
    decision
}
