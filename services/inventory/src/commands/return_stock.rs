//! `inventory.return`: goods of a confirmed order are back on the shelf, once for each return.

use contracts_inventory::v1::ReturnStock;
use delivery::{Handler, Received};
use messaging::{Done, Outcome};
use store::Work;

use super::{Unable, carry_out};
use crate::announce::{Words, announce, domain_lines};
use crate::domain::{self, Event};
use crate::store::{reservations, returns, shelf};

/// Answers `inventory.returned`, also when that return was taken before.
pub struct Return;

impl Handler for Return {
    type Input = ReturnStock;

    async fn handle(&self, command: Received<ReturnStock>, work: &mut Work) -> Outcome {
        let lines = domain_lines(&command.lines).map_err(Unable::Malformed)?;
        let words = Words { return_id: &command.return_id, ..Words::default() };
        if !returns::add(work, &command.order_id, &command.return_id).await? {
            let event = Event::Returned { order_id: command.order_id.clone(), lines };
            announce(work, command.cause(), &[event], words).await?;
            return Ok(Done);
        }
        let reservation = reservations::load(work, &command.order_id).await?;
        let shelf = shelf::of(work, reservation.as_ref()).await?;
        let returned = domain::return_lines(&shelf, reservation.as_ref(), &command.order_id, &lines).map_err(Unable::from)?;
        carry_out(work, command.cause(), &shelf, &returned, words).await?;
        Ok(Done)
    }
}
