//! `payments.charge`: take the money of an order.

use contracts_payments::v1::ChargePayment;
use delivery::{Handler, Received};
use messaging::{Done, Failure, Outcome};
use store::Work;

use super::carry_out::{Context, carry_out};
use crate::domain::{self, ChargeRequest, Rejection};
use crate::store::{self as rows, By};
use crate::wire;

/// Writes the payment down and asks the provider; its word is the answer.
pub struct Charge;

impl Handler for Charge {
    type Input = ChargePayment;

    async fn handle(&self, command: Received<ChargePayment>, work: &mut Work) -> Outcome {
        wire::checked(&*command)?;
        let before = rows::lock(work, &By::Order(command.order_id.clone())).await?;
        let context = Context::command(&command, command.customer.clone());
        let command = command.into_body();
        let order_id = command.order_id.clone();
        let wish = ChargeRequest {
            payment_id: command.payment_id,
            order_id: command.order_id,
            amount: command.amount.map(wire::amount).unwrap_or_default(),
            method: command.method,
            token: command.token,
        };
        match domain::charge(before.as_ref().map(|record| &record.payment), wish) {
            Ok(decision) => carry_out(work, &order_id, before, decision, &context).await?,
            // The undo was answered already; nobody waits for this one.
            Err(Rejection::Voided { .. }) => tracing::info!(order_id, "a charge came after its undo"),
            Err(rejection) => return Err(Failure::dead(rejection)),
        }
        Ok(Done)
    }
}
