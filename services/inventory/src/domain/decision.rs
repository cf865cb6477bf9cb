//! What a decision changes and announces.

use super::{HeldLine, Line, Product, Reservation, Shelf};

/// The outcome of a command: rows to write and events to append, in one transaction. Empty when there was nothing left to do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decision {
    /// The products that changed, as they stand afterwards.
    pub products: Vec<Product>,
    /// The order's reservation as it stands afterwards, where the command was about one and changed it.
    pub reservation: Option<Reservation>,
    /// What happened, in order.
    pub events: Vec<Event>,
}

impl Decision {
    /// Takes over the products that `lines` touched, each once, and looks whether they became low.
    pub(super) fn settle(&mut self, mut after: Shelf, lines: &[Line]) {
        for line in lines {
            if let Some(mut product) = after.remove(&line.product_id) {
                product.watch(&line.sku_id, self);
                self.products.push(product);
            }
        }
    }
}

/// Something that happened to stock. `sku_id` is empty where the product has no variants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// `inventory.reserved`: every line of the order is held.
    Reserved { order_id: String, lines: Vec<HeldLine> },
    /// `inventory.released`: what was held, or had been deducted, is available again; no lines where nothing was.
    Released { order_id: String, lines: Vec<Line>, was_deducted: bool },
    /// `inventory.deducted`: what was held has left the shelf.
    Deducted { order_id: String, lines: Vec<Line> },
    /// `inventory.returned`: pieces of a deducted order are back on the shelf.
    Returned { order_id: String, lines: Vec<Line> },
    /// `inventory.restocked`: new pieces on the shelf; `stock` is what lies there now.
    Restocked { product_id: String, sku_id: String, quantity: i64, stock: i64 },
    /// `inventory.withdrawn`: no longer for sale.
    Withdrawn { product_id: String },
    /// `inventory.stock_changed`: the variant's number on the shelf moved by `delta` to `stock`. `order_id` is empty where no order did it.
    StockChanged { product_id: String, sku_id: String, delta: i64, stock: i64, available: i64, cause: Cause, order_id: String },
    /// `inventory.low_stock`: the product's available pieces (`stock`) fell below the threshold. Once per crossing.
    LowStock { product_id: String, sku_id: String, stock: i64, threshold: i64 },
}

/// Why the number on the shelf moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The product is new.
    Created,
    /// New goods came.
    Restocked,
    /// An order was confirmed.
    Deducted,
    /// A confirmed order was cancelled.
    Released,
    /// Goods came back.
    Returned,
}

impl Cause {
    /// Its name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Restocked => "restocked",
            Self::Deducted => "deducted",
            Self::Released => "released",
            Self::Returned => "returned",
        }
    }
}
