//! Changes to one product that no order asked for: creating, restocking, withdrawing, its threshold.

use super::{Cause, Decision, Event, Product};

/// Why a product is not changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StockRejection {
    /// Nobody knows it, or not this variant of it.
    #[error("there is no product {product_id} {sku_id}")]
    ProductNotFound { product_id: String, sku_id: String },
    /// Zero pieces, or fewer.
    #[error("quantity must be at least 1")]
    NothingToAdd,
    /// More than [`MAX_STOCK`](super::MAX_STOCK).
    #[error("stock {stock} plus {quantity} is too much")]
    TooMuch { stock: i64, quantity: i64 },
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

/// A product comes to the shelf; what it brings along is announced.
pub fn create(product: Product) -> Decision {
    let brought = product.variants.iter().filter(|(_, pieces)| pieces.stock > 0);
    let events = brought.map(|(sku_id, pieces)| moved(&product, sku_id, pieces.stock, Cause::Created)).collect();
    Decision { products: vec![product], events, ..Decision::default() }
}

/// New pieces on the shelf. A withdrawn product takes them and stays withdrawn.
pub fn restock(product: Option<&Product>, product_id: &str, sku_id: &str, quantity: i64) -> Result<Decision, StockRejection> {
    let unknown = || StockRejection::ProductNotFound { product_id: product_id.to_owned(), sku_id: sku_id.to_owned() };
    let mut product = product.cloned().ok_or_else(unknown)?;
    let pieces = product.variants.get_mut(sku_id).ok_or_else(unknown)?;
    if quantity < 1 {
        return Err(StockRejection::NothingToAdd);
    }
    *pieces = pieces.moved(quantity, 0).ok_or(StockRejection::TooMuch { stock: pieces.stock, quantity })?;
    let stock = pieces.stock;
    let restocked = Event::Restocked { product_id: product_id.to_owned(), sku_id: sku_id.to_owned(), quantity, stock };
    let changed = moved(&product, sku_id, quantity, Cause::Restocked);
    let mut decision = Decision { events: vec![restocked, changed], ..Decision::default() };
    product.watch(sku_id, &mut decision);
    decision.products.push(product);
    Ok(decision)
}

/// Takes a product out of sale: new orders are refused as `product_not_found`, held ones run on. Doing it again changes nothing.
pub fn withdraw(product: Option<&Product>, product_id: &str) -> Result<Decision, StockRejection> {
    let unknown = || StockRejection::ProductNotFound { product_id: product_id.to_owned(), sku_id: String::new() };
    let product = product.ok_or_else(unknown)?;
    if product.withdrawn {
        return Ok(Decision::default());
    }
    let withdrawn = Product { withdrawn: true, ..product.clone() };
    Ok(Decision { products: vec![withdrawn], events: vec![Event::Withdrawn { product_id: product_id.to_owned() }], ..Decision::default() })
}

fn moved(product: &Product, sku_id: &str, delta: i64, cause: Cause) -> Event {
    let pieces = product.variants.get(sku_id).copied().unwrap_or_default();
    Event::StockChanged {
        product_id: product.product_id.clone(),
        sku_id: sku_id.to_owned(),
        delta,
        stock: pieces.stock,
        available: pieces.available(),
        cause,
        order_id: String::new(),
    }
}
