//! Carries a decision out: rows, the call to the provider, events; in the caller's transaction.

use catalogue::types::v1::Customer;
use contracts_payments::v1::{PaymentCompleted, PaymentFailed, PaymentRefunded};
use delivery::{Received, intend};
use messaging::{Cause, headers};
use store::{StoreError, Work};

use super::ask_provider::{AskProvider, Call};
use super::failed::emit_failed;
use crate::domain::{Ask, Decision, Event, Payment};
use crate::store::{self as rows, Record};
use crate::wire::money;

/// What a decision follows from.
pub struct Context {
    /// The command, the provider's answer, or the gRPC call.
    pub cause: Cause,
    /// Whose order it is, where the command says so; else what the charge said.
    pub customer: Option<Customer>,
    /// Whether somebody waits for the answer to a refund: who sent a command does, who called looks for himself.
    pub answers: bool,
}

impl Context {
    /// Of a command that came over the log.
    pub fn command<T>(command: &Received<T>, customer: Option<Customer>) -> Self {
        Self { cause: command.cause().clone(), customer, answers: true }
    }
}

/// `before` is the payment that was decided upon, locked.
pub async fn carry_out(
    work: &mut Work,
    order_id: &str,
    before: Option<Record>,
    decision: Decision,
    context: &Context,
) -> Result<(), StoreError> {
    let customer = context.customer.clone().or_else(|| before.as_ref().and_then(|record| record.customer.clone()));
    let undo = before.as_ref().and_then(|record| record.payment.undo.clone().zip(record.undo_cause.clone()));
    // What answers an undo that had to wait follows from that undo.
    let answer = |refund_id: &str| match &undo {
        Some((undo, cause)) if undo.refund_id == refund_id => (cause, true),
        _ => (&context.cause, context.answers),
    };
    if let Some(refund) = &decision.refund {
        rows::put_refund(work, order_id, refund).await?;
    }
    match decision.ask {
        Some(Ask::Charge { payment_id, amount, method, token }) => {
            let call = Call::Charge { minor_units: amount.minor_units, currency: amount.currency, method, token };
            intend::<AskProvider>(work, &payment_id, order_id, &call, &context.cause).await?;
        }
        Some(Ask::Refund { refund_id, payment_id, amount }) => {
            let (cause, answers) = answer(&refund_id);
            let call = Call::Refund { payment_id, minor_units: amount.minor_units, currency: amount.currency, answers };
            intend::<AskProvider>(work, &refund_id, order_id, &call, cause).await?;
        }
        Some(Ask::Inquire { payment_id }) => {
            let id = format!("{payment_id}-inquiry");
            intend::<AskProvider>(work, &id, order_id, &Call::Inquire { payment_id }, &context.cause).await?;
        }
        None => {}
    }
    for event in decision.events {
        emit(work, event, &customer, &context.cause, answer);
    }
    match decision.payment {
        Some(payment) => put(work, before, payment, context).await,
        None => Ok(()),
    }
}

async fn put(work: &mut Work, before: Option<Record>, payment: Payment, context: &Context) -> Result<(), StoreError> {
    let now = work.now_us();
    let Some(before) = before else {
        let customer = context.customer.clone();
        return rows::put(work, &Record { payment, undo_cause: None, customer, created_at_us: now, updated_at_us: now }, true).await;
    };
    let undo_cause = match &payment.undo {
        None => None,
        same if *same == before.payment.undo => before.undo_cause.clone(),
        Some(_) => Some(context.cause.clone()),
    };
    rows::put(work, &Record { payment, undo_cause, updated_at_us: now, ..before }, false).await
}

fn emit<'a>(work: &mut Work, event: Event, customer: &Option<Customer>, cause: &Cause, answer: impl Fn(&str) -> (&'a Cause, bool)) {
    let (customer, now) = (customer.clone(), Some(headers::timestamp(work.now_us())));
    match event {
        Event::Completed { payment_id, order_id, amount, method, provider_reference } => {
            let amount = money(&amount);
            work.emit(cause, &PaymentCompleted { order_id, payment_id, amount, method, provider_reference, customer, completed_at: now });
        }
        Event::Failed { payment_id, order_id, amount, method, reason, retriable } => {
            let amount = money(&amount);
            work.emit(cause, &PaymentFailed { order_id, payment_id, reason, retriable, amount, method, customer });
        }
        Event::Refunded { payment_id, order_id, refund_id, amount, reason, refunded_total } => {
            let (cause, _) = answer(&refund_id);
            let (amount, refunded_total) = (money(&amount), money(&refunded_total));
            let refunded = PaymentRefunded { order_id, payment_id, refund_id, amount, reason, refunded_total, customer, refunded_at: now };
            work.emit(cause, &refunded);
        }
        Event::RefundFailed { order_id, refund_id, payment_id, error, .. } => match answer(&refund_id) {
            (cause, true) => emit_failed(work, cause, &order_id, &refund_id, &error),
            (_, false) => tracing::warn!(order_id, payment_id, refund_id, error, "a refund was refused"),
        },
    }
}
