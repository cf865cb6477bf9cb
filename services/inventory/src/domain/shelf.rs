//! Changes to one product that no order asked for: restocking, withdrawing, its threshold.

use super::{Cause, Decision, Event, Product};

/// Why a product is not changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StockRejection {
    /// Nobody knows it.
    #[error("there is no product {product_id}")]
    ProductNotFound { product_id: String },
    /// Zero pieces.
    #[error("quantity must be at least 1")]
    NothingToAdd,
    /// The shelf's number would not fit 31 bits, its width on the wire.
    #[error("stock {stock} plus {quantity} is too much")]
    TooMuch { stock: u32, quantity: u32 },
}

impl StockRejection {
    /// The reason for machines.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::ProductNotFound { .. } => "product_not_found",
            Self::NothingToAdd => "nothing_to_add",
            Self::TooMuch { .. } => "too_much_stock",
        }
    }
}

impl Product {
    /// More pieces on the shelf; `None` when their number would not fit.
    pub(super) fn add(&mut self, quantity: u32) -> Option<()> {
        self.stock = self.stock.checked_add(quantity).filter(|stock| i32::try_from(*stock).is_ok())?;
        Some(())
    }
}

/// New pieces on the shelf. A withdrawn product takes them and stays withdrawn.
pub fn restock(product: Option<&Product>, product_id: &str, sku_id: &str, quantity: u32) -> Result<Decision, StockRejection> {
    let mut product = product.cloned().ok_or_else(|| StockRejection::ProductNotFound { product_id: product_id.to_owned() })?;
    if quantity == 0 {
        return Err(StockRejection::NothingToAdd);
    }
    product.add(quantity).ok_or(StockRejection::TooMuch { stock: product.stock, quantity })?;
    let (product_id, sku_id, stock) = (product.product_id.clone(), sku_id.to_owned(), product.stock);
    let mut decision = Decision::default();
    decision.events.push(Event::Restocked { product_id: product_id.clone(), sku_id: sku_id.clone(), quantity, stock });
    decision.events.push(Event::StockChanged { product_id, sku_id, delta: i64::from(quantity), stock, cause: Cause::Restocked });
    product.watch("", &mut decision);
    decision.products.push(product);
    Ok(decision)
}

/// Takes a product out of sale: new orders are refused as `product_not_found`, held ones run on. Doing it again changes nothing.
pub fn withdraw(product: Option<&Product>, product_id: &str) -> Result<Decision, StockRejection> {
    let mut product = product.cloned().ok_or_else(|| StockRejection::ProductNotFound { product_id: product_id.to_owned() })?;
    if product.withdrawn {
        return Ok(Decision::default());
    }
    product.withdrawn = true;
    Ok(Decision { products: vec![product], ..Decision::default() })
}

/// Sets where a product is low. A product that is low by its new threshold is announced now.
pub fn set_threshold(product: &Product, low_stock_threshold: u32) -> Decision {
    let mut product = Product { low_stock_threshold, ..product.clone() };
    let mut decision = Decision::default();
    product.watch("", &mut decision);
    decision.products.push(product);
    decision
}
