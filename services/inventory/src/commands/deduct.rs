//! `inventory.deduct`: what is held for a confirmed order leaves the shelf for good.

use contracts_inventory::v1::DeductStock;
use delivery::{Handler, Received};
use messaging::{Done, Outcome};
use store::Work;

use super::{Unable, carry_out};
use crate::announce::Words;
use crate::domain::{self, Event};
use crate::store::{reservations, shelf};

/// Answers `inventory.deducted`, also when it was done before; an order that holds nothing is a dead letter and `inventory.command_failed`.
pub struct Deduct;

impl Handler for Deduct {
    type Input = DeductStock;

    async fn handle(&self, command: Received<DeductStock>, work: &mut Work) -> Outcome {
        let reservation = reservations::load(work, &command.order_id).await?;
        let shelf = shelf::of(work, reservation.as_ref()).await?;
        let mut deducted = domain::deduct(&shelf, reservation.as_ref(), &command.order_id).map_err(Unable::from)?;
        if deducted.events.is_empty() {
            let lines = reservation.iter().flat_map(|done| &done.lines).map(|reserved| reserved.line.clone()).collect();
            deducted.events.push(Event::Deducted { order_id: command.order_id.clone(), lines });
        }
        carry_out(work, command.cause(), &shelf, &deducted, Words::default()).await?;
        Ok(Done)
    }
}
