//! `shipping.cancel_shipment`: stop the shipment of an order: the undo.

use contracts_shipping::v1::CancelShipment;
use delivery::{Handler, Received};
use messaging::{Done, Outcome};
use store::Work;

use super::carry_out::{Context, carry_out};
use crate::domain;
use crate::store::{self as rows, By};
use crate::wire;

/// Always answered: `shipment.cancelled`, or `shipment.cancel_refused` once it is under way.
pub struct Cancel;

impl Handler for Cancel {
    type Input = CancelShipment;

    async fn handle(&self, command: Received<CancelShipment>, work: &mut Work) -> Outcome {
        wire::checked(&*command)?;
        let before = rows::lock(work, &By::Order(command.order_id.clone())).await?;
        let decision = domain::cancel(before.as_ref().map(|record| &record.shipment), &command.order_id, &command.reason);
        let context = Context { cause: command.cause().clone(), customer: command.customer.clone() };
        carry_out(work, &command.order_id, before, decision, &context).await?;
        Ok(Done)
    }
}
