//! Giving money back: all or some, several times, never more than is left.

use super::{Ask, Decision, Event, Money, Payment, Refund, RefundStatus, Rejection, Status};

/// The provider's final word on a refund.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefundOutcome {
    /// The money is with the customer.
    Refunded,
    /// The provider refused; its own reason.
    Refused { reason: String },
}

/// Asks the provider to give money back: `amount`, or all that is left. `existing` is the refund of that id, if there is one:
/// asking again changes nothing, unless the provider refused it.
pub fn refund(
    payment: &Payment,
    existing: Option<&Refund>,
    refund_id: &str,
    amount: Option<&Money>,
    reason: &str,
) -> Result<Decision, Rejection> {
    if existing.is_some_and(|refund| refund.status != RefundStatus::Failed) {
        return Ok(Decision::default());
    }
    if !matches!(payment.status, Status::Completed | Status::PartiallyRefunded) {
        return Err(Rejection::NotRefundable { status: payment.status });
    }
    let left = payment.left();
    let requested = amount.map_or(left, |amount| amount.minor_units);
    match amount {
        Some(amount) if amount.currency != payment.amount.currency => {
            return Err(Rejection::OtherCurrency { asked: amount.currency.clone(), paid: payment.amount.currency.clone() });
        }
        Some(amount) if amount.minor_units <= 0 => return Err(Rejection::BadAmount { minor_units: amount.minor_units }),
        _ => {}
    }
    if requested > left || left == 0 {
        return Err(Rejection::ExceedsLeft { requested, left });
    }
    Ok(hand_back(payment, refund_id, requested, reason))
}

/// Takes the provider's word down. A refund that is settled already stays as it is.
pub fn settle_refund(payment: &Payment, refund: &Refund, outcome: RefundOutcome) -> Decision {
    if refund.status != RefundStatus::Pending {
        return Decision::default();
    }
    let (mut payment, mut refund) = (payment.clone(), refund.clone());
    payment.refunding -= refund.amount.minor_units;
    let event = match outcome {
        RefundOutcome::Refunded => {
            payment.refunded += refund.amount.minor_units;
            let all = payment.refunded >= payment.amount.minor_units;
            payment.status = if all { Status::Refunded } else { Status::PartiallyRefunded };
            refund.status = RefundStatus::Completed;
            Event::Refunded {
                payment_id: payment.payment_id.clone(),
                order_id: payment.order_id.clone(),
                refund_id: refund.refund_id.clone(),
                amount: refund.amount.clone(),
                reason: refund.reason.clone(),
                refunded_total: payment.amount.of_same(payment.refunded),
            }
        }
        RefundOutcome::Refused { reason: error } => {
            refund.status = RefundStatus::Failed;
            Event::RefundFailed {
                payment_id: payment.payment_id.clone(),
                order_id: payment.order_id.clone(),
                refund_id: refund.refund_id.clone(),
                amount: refund.amount.clone(),
                error,
            }
        }
    };
    Decision { payment: Some(payment), refund: Some(refund), ask: None, events: vec![event] }
}

/// The refund of so many minor units, asked for and set aside.
pub(super) fn hand_back(payment: &Payment, refund_id: &str, minor_units: i64, reason: &str) -> Decision {
    let amount = payment.amount.of_same(minor_units);
    let refund = Refund {
        refund_id: refund_id.to_owned(),
        payment_id: payment.payment_id.clone(),
        amount: amount.clone(),
        reason: reason.to_owned(),
        status: RefundStatus::Pending,
    };
    let ask = Ask::Refund { refund_id: refund_id.to_owned(), payment_id: payment.payment_id.clone(), amount };
    let payment = Payment { refunding: payment.refunding + minor_units, ..payment.clone() };
    Decision { payment: Some(payment), refund: Some(refund), ask: Some(ask), events: Vec::new() }
}
