//! One product's numbers, and when they are low.

use super::{Decision, Event};

/// Where a product's own threshold is not set.
pub const DEFAULT_LOW_STOCK_THRESHOLD: u32 = 10;

/// How much there is of one product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product {
    /// Its id.
    pub product_id: String,
    /// Pieces on the shelf, the reserved ones included.
    pub stock: u32,
    /// Pieces promised to orders; never more than `stock`.
    pub reserved: u32,
    /// Stock is low when the available pieces are at or below this number.
    pub low_stock_threshold: u32,
    /// The next crossing of the threshold will be announced; set again once the available pieces are above it.
    pub low_armed: bool,
    /// No longer sold: new orders are refused, old ones run on.
    pub withdrawn: bool,
}

impl Product {
    /// A product that is new on the shelf. One that starts low announces nothing: it has crossed nothing.
    pub fn new(product_id: impl Into<String>, stock: u32) -> Self {
        let low_stock_threshold = DEFAULT_LOW_STOCK_THRESHOLD;
        let low_armed = stock > low_stock_threshold;
        Self { product_id: product_id.into(), stock, reserved: 0, low_stock_threshold, low_armed, withdrawn: false }
    }

    /// Pieces that the next order can have.
    pub fn available(&self) -> u32 {
        self.stock.saturating_sub(self.reserved)
    }

    /// Arms or announces, after any change: low is *at or below* the threshold, so that "above it" re-arms and nothing lies between.
    pub(super) fn watch(&mut self, sku_id: &str, decision: &mut Decision) {
        let low = self.available() <= self.low_stock_threshold;
        if low && self.low_armed && !self.withdrawn {
            decision.events.push(Event::LowStock {
                product_id: self.product_id.clone(),
                sku_id: sku_id.to_owned(),
                stock: self.available(),
                threshold: self.low_stock_threshold,
            });
        }
        self.low_armed = !low;
    }
}
