//! `inventory.restock`, by command and by call: new pieces on the shelf.

use contracts_inventory::v1::RestockProduct;
use delivery::{Handler, Received};
use messaging::{Cause, Done, Outcome};
use store::Work;

use super::{Unable, carry_out};
use crate::announce::Words;
use crate::domain;
use crate::store::shelf;

/// Announces `inventory.restocked` and `inventory.stock_changed`.
pub struct Restock;

impl Handler for Restock {
    type Input = RestockProduct;

    async fn handle(&self, command: Received<RestockProduct>, work: &mut Work) -> Outcome {
        restock(work, command.cause(), &command).await?;
        Ok(Done)
    }
}

/// What both ways in do.
pub(crate) async fn restock(work: &mut Work, cause: &Cause, command: &RestockProduct) -> Result<(), Unable> {
    let RestockProduct { product_id, sku_id, quantity } = command;
    let shelf = shelf::load(work, [product_id.as_str()]).await?;
    let restocked = domain::restock(shelf.get(product_id), product_id, sku_id, *quantity)?;
    carry_out(work, cause, &shelf, &restocked, Words::default()).await?;
    Ok(())
}
