//! `payments.refund`: give money of an order back, a part of it, or all that is left: the undo of a charge.

use contracts_payments::v1::RefundPayment;
use delivery::{Handler, Received};
use messaging::{Done, Failure, Outcome};
use store::Work;

use super::carry_out::{Context, carry_out};
use super::failed::emit_failed;
use crate::domain::{self, Rejection};
use crate::store::{self as rows, By};
use crate::wire;

/// Without an amount it is an undo, which is answered whatever the charge has come to. A part that can't be given back is answered too:
/// `payment.command_failed`.
pub struct Refund;

impl Handler for Refund {
    type Input = RefundPayment;

    async fn handle(&self, command: Received<RefundPayment>, work: &mut Work) -> Outcome {
        wire::checked(&*command)?;
        let before = rows::lock(work, &By::Order(command.order_id.clone())).await?;
        let payment = before.as_ref().map(|record| &record.payment);
        let existing = rows::find_refund(work, &command.refund_id).await?;
        if existing.as_ref().is_some_and(|refund| payment.is_none_or(|payment| payment.payment_id != refund.payment_id)) {
            return Err(Failure::dead("refund_id: is the refund of another payment"));
        }
        let decision = match (&command.amount, payment) {
            (None, payment) => Ok(domain::undo(payment, existing.as_ref(), &command.order_id, &command.refund_id, &command.reason)),
            (Some(_), None) => Err(Rejection::NoPayment { order_id: command.order_id.clone() }),
            (Some(amount), Some(payment)) => {
                let amount = wire::amount(amount.clone());
                domain::refund(payment, existing.as_ref(), &command.refund_id, Some(&amount), &command.reason)
            }
        };
        let context = Context::command(&command, command.customer.clone());
        match decision {
            Ok(decision) => carry_out(work, &command.order_id, before, decision, &context).await?,
            Err(rejection) => emit_failed(work, &context.cause, &command.order_id, &command.refund_id, &rejection.to_string()),
        }
        Ok(Done)
    }
}
