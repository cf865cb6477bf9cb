//! What can be asked of inventory, one verb a file; here is what they share.

mod create_product;
mod deduct;
mod release;
mod reserve;
mod restock;
mod return_stock;
mod withdraw;

use contracts_inventory::v1::InventoryCommandFailed;
use messaging::{Cause, Envelope, Failure};
use service_host::{Refusal, status};
use store::{StoreError, Work};

use crate::announce::{Words, announce};
use crate::domain::{Decision, Rejection, Shelf, StockRejection};
use crate::store::{reservations, shelf};

pub(crate) use create_product::create_product;
pub use deduct::Deduct;
pub use release::Release;
pub use reserve::Reserve;
pub use restock::Restock;
pub(crate) use restock::restock;
pub use return_stock::Return;
pub use withdraw::Withdraw;
pub(crate) use withdraw::withdraw;

/// Why a command was not done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unable {
    /// A product can't take it.
    #[error(transparent)]
    Stock(#[from] StockRejection),
    /// The order's stock can't.
    #[error(transparent)]
    Order(#[from] Rejection),
    /// The message is not as its schema asks; names the field.
    #[error("{0}")]
    Malformed(String),
    /// Trouble with the database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// To the log: only the database's trouble passes.
impl From<Unable> for Failure {
    fn from(unable: Unable) -> Self {
        match unable {
            Unable::Store(error) => error.into(),
            rejected => Self::dead(rejected),
        }
    }
}

/// To a caller.
impl From<Unable> for Refusal {
    fn from(unable: Unable) -> Self {
        let text = unable.to_string();
        match unable {
            Unable::Store(error) => error.into(),
            Unable::Stock(StockRejection::ProductNotFound { product_id, sku_id }) if sku_id.is_empty() => {
                status::not_found("product", &product_id).into()
            }
            Unable::Stock(StockRejection::ProductNotFound { product_id, sku_id }) => {
                status::not_found("sku", &format!("{product_id}/{sku_id}")).into()
            }
            Unable::Stock(StockRejection::NothingToAdd) => status::invalid_field("quantity", text).into(),
            Unable::Stock(StockRejection::TooMuch { stock, quantity }) => {
                status::failed_precondition("TOO_MUCH_STOCK", &text, [("stock", stock.to_string()), ("quantity", quantity.to_string())])
                    .into()
            }
            Unable::Order(rejection) => status::failed_precondition(&rejection.reason().to_ascii_uppercase(), &text, []).into(),
            Unable::Malformed(text) => status::invalid_field("", text).into(),
        }
    }
}

/// Writes a decision down and announces it. `before` is the shelf that it was made on.
async fn carry_out(work: &mut Work, cause: &Cause, before: &Shelf, decision: &Decision, words: Words<'_>) -> Result<(), StoreError> {
    shelf::write(work, before, &decision.products).await?;
    if let Some(reservation) = &decision.reservation {
        reservations::write(work, reservation).await?;
    }
    announce(work, cause, &decision.events, words).await
}

/// The last word on an order's command that can't be done: without it the saga would wait for its time-out.
pub(crate) fn tell_the_saga(work: &mut Work, command: &Envelope, error: &str) {
    if command.aggregate_type != "order" {
        return;
    }
    let failed = InventoryCommandFailed {
        order_id: command.key.clone(),
        command: command.type_.clone(),
        command_id: command.id.clone(),
        error: error.to_owned(),
    };
    work.emit(&command.cause("inventory-commands"), &failed);
}
