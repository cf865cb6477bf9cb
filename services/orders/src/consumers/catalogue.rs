//! Names and prices from inventory, kept here so that placing an order asks nobody.

use contracts_inventory::v1::{ProductCreated, ProductWithdrawn};
use delivery::{Consumer, Handler, Received};
use messaging::{Done, Outcome};
use store::Work;

use crate::store::catalogue;

/// The consumer `catalogue`.
pub fn catalogue() -> Consumer {
    Consumer::new("catalogue").on(Created).on(Withdrawn)
}

struct Created;

impl Handler for Created {
    type Input = ProductCreated;

    async fn handle(&self, event: Received<ProductCreated>, work: &mut Work) -> Outcome {
        if let Some(product) = &event.product {
            catalogue::put(product, work).await?;
        }
        Ok(Done)
    }
}

struct Withdrawn;

impl Handler for Withdrawn {
    type Input = ProductWithdrawn;

    async fn handle(&self, event: Received<ProductWithdrawn>, work: &mut Work) -> Outcome {
        catalogue::withdraw(&event.product_id, work).await?;
        Ok(Done)
    }
}
