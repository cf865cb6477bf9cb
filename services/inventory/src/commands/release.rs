//! `inventory.release`: the undo of `inventory.reserve`, before or after the stock was deducted.

use contracts_inventory::v1::ReleaseStock;
use delivery::{Handler, Received};
use messaging::{Done, Outcome};
use store::Work;

use super::{Unable, carry_out};
use crate::announce::Words;
use crate::domain;
use crate::store::{reservations, shelf};

/// Always answers `inventory.released`; without lines where nothing was held.
pub struct Release;

impl Handler for Release {
    type Input = ReleaseStock;

    async fn handle(&self, command: Received<ReleaseStock>, work: &mut Work) -> Outcome {
        let reservation = reservations::load(work, &command.order_id).await?;
        let shelf = shelf::of(work, reservation.as_ref()).await?;
        let released = domain::release(&shelf, reservation.as_ref(), &command.order_id).map_err(Unable::from)?;
        let words = Words { customer: command.customer.as_ref(), reason: &command.reason, ..Words::default() };
        carry_out(work, command.cause(), &shelf, &released, words).await?;
        Ok(Done)
    }
}
