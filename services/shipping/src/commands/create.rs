//! `shipping.create_shipment`: make the shipment of an order.

use contracts_shipping::v1::CreateShipment;
use delivery::{Handler, Received};
use messaging::{Done, Outcome};
use store::Work;
use uuid::Uuid;

use super::carry_out::{Context, carry_out};
use crate::domain::{self, CreateRequest};
use crate::store::{self as rows, By};
use crate::wire;

/// Writes the shipment down and asks the carrier; its word is the answer.
pub struct Create;

impl Handler for Create {
    type Input = CreateShipment;

    async fn handle(&self, command: Received<CreateShipment>, work: &mut Work) -> Outcome {
        wire::checked(&*command)?;
        let before = rows::lock(work, &By::Order(command.order_id.clone())).await?;
        let context = Context { cause: command.cause().clone(), customer: command.customer.clone() };
        let command = command.into_body();
        let order_id = command.order_id.clone();
        let wish = CreateRequest {
            shipment_id: shipment_id(&order_id),
            order_id: command.order_id,
            lines: wire::lines_read(command.lines),
            address: command.address.map(wire::address_read).unwrap_or_default(),
        };
        match domain::create(before.as_ref().map(|record| &record.shipment), wish) {
            Ok(decision) => carry_out(work, &order_id, before, decision, &context).await?,
            // The undo was answered already; nobody waits for this one.
            Err(rejection) => tracing::info!(order_id, %rejection, "a shipment came after its undo"),
        }
        Ok(Done)
    }
}

/// An order has one shipment, so its id follows from the order's: doing it again makes the same one.
fn shipment_id(order_id: &str) -> String {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("shipment/{order_id}").as_bytes()).to_string()
}
