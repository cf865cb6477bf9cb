//! `inventory.withdraw`, by command and by call: a product is no longer for sale.

use contracts_inventory::v1::WithdrawProduct;
use delivery::{Handler, Received};
use messaging::{Cause, Done, Outcome};
use store::Work;

use super::{Unable, carry_out};
use crate::announce::Words;
use crate::domain;
use crate::store::shelf;

/// Announces `inventory.withdrawn`, once.
pub struct Withdraw;

impl Handler for Withdraw {
    type Input = WithdrawProduct;

    async fn handle(&self, command: Received<WithdrawProduct>, work: &mut Work) -> Outcome {
        withdraw(work, command.cause(), &command).await?;
        Ok(Done)
    }
}

/// What both ways in do.
pub(crate) async fn withdraw(work: &mut Work, cause: &Cause, command: &WithdrawProduct) -> Result<(), Unable> {
    let shelf = shelf::load(work, [command.product_id.as_str()]).await?;
    let withdrawn = domain::withdraw(shelf.get(&command.product_id), &command.product_id)?;
    let words = Words { reason: &command.reason, ..Words::default() };
    carry_out(work, cause, &shelf, &withdrawn, words).await?;
    Ok(())
}
