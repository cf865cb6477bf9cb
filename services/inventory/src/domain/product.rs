//! One product's numbers, and when they are low.

use std::collections::BTreeMap;

use super::{Decision, Event};

/// Where a product's own threshold is not set.
pub const DEFAULT_LOW_STOCK_THRESHOLD: i64 = 10;

/// The most pieces of one variant.
pub const MAX_STOCK: i64 = 1_000_000_000_000;

/// How much there is of one variant. Always `0 ≤ reserved ≤ stock ≤ MAX_STOCK`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pieces {
    /// On the shelf, the reserved ones included.
    pub stock: i64,
    /// Promised to orders.
    pub reserved: i64,
}

impl Pieces {
    /// What the next order can have.
    pub fn available(self) -> i64 {
        self.stock - self.reserved
    }

    /// The same after both numbers moved; `None` where they would leave their bounds, so no decision can take stock below zero.
    pub(super) fn moved(self, stock: i64, reserved: i64) -> Option<Self> {
        let moved = Self { stock: self.stock.checked_add(stock)?, reserved: self.reserved.checked_add(reserved)? };
        (0 <= moved.reserved && moved.reserved <= moved.stock && moved.stock <= MAX_STOCK).then_some(moved)
    }
}

/// How much there is of one product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product {
    /// Its id.
    pub product_id: String,
    /// By `sku_id`; a product without variants has one entry under the empty id.
    pub variants: BTreeMap<String, Pieces>,
    /// Stock is low when fewer than this many pieces are available, all variants together.
    pub low_stock_threshold: i64,
    /// The next crossing of the threshold will be announced; armed again once more than `low_stock_threshold` are available.
    pub low_armed: bool,
    /// No longer sold: new orders are refused, old ones run on.
    pub withdrawn: bool,
}

impl Product {
    /// A product without variants that is new on the shelf, with the default threshold.
    pub fn new(product_id: impl Into<String>, stock: i64) -> Self {
        Self::with_variants(product_id, [(String::new(), stock)], DEFAULT_LOW_STOCK_THRESHOLD)
    }

    /// A product that is new on the shelf. One that starts low announces nothing: it has crossed nothing.
    pub fn with_variants(product_id: impl Into<String>, stock: impl IntoIterator<Item = (String, i64)>, low_stock_threshold: i64) -> Self {
        let variants = stock.into_iter().map(|(sku_id, stock)| (sku_id, Pieces { stock, reserved: 0 })).collect();
        let mut product = Self { product_id: product_id.into(), variants, low_stock_threshold, low_armed: false, withdrawn: false };
        product.low_armed = product.available() >= low_stock_threshold;
        product
    }

    /// Pieces on the shelf, of all variants.
    pub fn stock(&self) -> i64 {
        self.variants.values().map(|pieces| pieces.stock).sum()
    }

    /// Pieces promised to orders, of all variants.
    pub fn reserved(&self) -> i64 {
        self.variants.values().map(|pieces| pieces.reserved).sum()
    }

    /// Pieces that the next order can have, of all variants.
    pub fn available(&self) -> i64 {
        self.stock() - self.reserved()
    }

    /// Announces a crossing, or arms for the next one. Exactly at the threshold neither happens, so that a product that
    /// swings around it by one piece does not chatter.
    pub(super) fn watch(&mut self, sku_id: &str, decision: &mut Decision) {
        let (stock, threshold) = (self.available(), self.low_stock_threshold);
        if stock > threshold {
            self.low_armed = true;
        } else if stock < threshold && self.low_armed {
            self.low_armed = false;
            if !self.withdrawn {
                let (product_id, sku_id) = (self.product_id.clone(), sku_id.to_owned());
                decision.events.push(Event::LowStock { product_id, sku_id, stock, threshold });
            }
        }
    }
}
