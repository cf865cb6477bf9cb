//! What a decision changes and announces.

use super::{HeldLine, Line, Product, Reservation, Shelf};

/// The outcome of a command: rows to write and events to append, in one transaction. Empty when there was nothing left to do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decision {
    /// The products that changed, as they stand afterwards.
    pub products: Vec<Product>,
    /// The order's reservation as it stands afterwards, where the command was about one.
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

/// Something that happened to stock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// `inventory.reserved`: every line of the order is held.
    Reserved { order_id: String, lines: Vec<HeldLine> },
    /// `inventory.released`: what was held is free again.
    Released { order_id: String, lines: Vec<Line> },
    /// `inventory.deducted`: what was held has left the shelf.
    Deducted { order_id: String, lines: Vec<Line> },
    /// `inventory.returned`: pieces of a deducted order are back on the shelf.
    Returned { order_id: String, lines: Vec<Line> },
    /// `inventory.restocked`: new pieces on the shelf; `stock` is what lies there now.
    Restocked { product_id: String, sku_id: String, quantity: u32, stock: u32 },
    /// `inventory.stock_changed`: the number on the shelf moved by `delta` to `stock`.
    StockChanged { product_id: String, sku_id: String, delta: i64, stock: u32, cause: Cause },
    /// `inventory.low_stock`: the available pieces (`stock`) fell to the threshold or below it. Once per crossing.
    LowStock { product_id: String, sku_id: String, stock: u32, threshold: u32 },
}

/// Why the number on the shelf moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// An order was confirmed.
    Deducted,
    /// Goods came back.
    Returned,
    /// New goods came.
    Restocked,
}

impl Cause {
    /// Its name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Deducted => "deducted",
            Self::Returned => "returned",
            Self::Restocked => "restocked",
        }
    }
}
