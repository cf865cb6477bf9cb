//! Holding stock for one order: every line or none.

use std::collections::BTreeMap;

use super::{Decision, Event, Line, Reservation, ReservationStatus, ReservedLine, Shelf};

/// A line that is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldLine {
    pub product_id: String,
    /// Empty where the product has no variants.
    pub sku_id: String,
    /// Pieces held.
    pub quantity: u32,
    /// Pieces of the product that the next order can have.
    pub remaining_stock: u32,
}

/// Why an order gets nothing: a business answer, never retried.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no such product, or it was withdrawn.
    #[error("product {product_id} is not sold here")]
    ProductNotFound { product_id: String, requested: u64 },
    /// There is less than the order's lines ask for together.
    #[error("product {product_id}: {available} available, {requested} requested")]
    InsufficientStock { product_id: String, available: u32, requested: u64 },
    /// The order was let go before this command came: a late do behind its undo.
    #[error("order {order_id} was let go before its stock could be held")]
    OrderReleased { order_id: String },
}

impl Refusal {
    /// The reason for machines.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::ProductNotFound { .. } => "product_not_found",
            Self::InsufficientStock { .. } => "insufficient_stock",
            Self::OrderReleased { .. } => "order_released",
        }
    }

    /// The product it is about; empty where it is about the order.
    pub fn product_id(&self) -> &str {
        match self {
            Self::ProductNotFound { product_id, .. } | Self::InsufficientStock { product_id, .. } => product_id,
            Self::OrderReleased { .. } => "",
        }
    }

    /// Pieces that could be had.
    pub fn available(&self) -> u32 {
        match self {
            Self::InsufficientStock { available, .. } => *available,
            _ => 0,
        }
    }

    /// Pieces that were asked for, all lines of the product together.
    pub fn requested(&self) -> u64 {
        match self {
            Self::ProductNotFound { requested, .. } | Self::InsufficientStock { requested, .. } => *requested,
            Self::OrderReleased { .. } => 0,
        }
    }
}

/// Holds every line of an order, or names the first line that cannot be had. `existing` is the order's reservation, if there is one:
/// asking again for what is held changes nothing, asking after it was let go is refused.
pub fn reserve(shelf: &Shelf, existing: Option<&Reservation>, order_id: &str, wanted: &[Line]) -> Result<Decision, Refusal> {
    match existing.map(|reservation| reservation.status) {
        Some(ReservationStatus::Released) => return Err(Refusal::OrderReleased { order_id: order_id.to_owned() }),
        Some(ReservationStatus::Held | ReservationStatus::Deducted) => return Ok(Decision::default()),
        None => {}
    }
    let asked = totals(wanted);
    // In the order of the lines, so that the answer names the first one that fails.
    for line in wanted {
        let requested = asked[line.product_id.as_str()];
        let product_id = line.product_id.clone();
        match shelf.get(&line.product_id) {
            Some(product) if !product.withdrawn => {
                let available = product.available();
                if requested > u64::from(available) {
                    return Err(Refusal::InsufficientStock { product_id, available, requested });
                }
            }
            _ => return Err(Refusal::ProductNotFound { product_id, requested }),
        }
    }

    let mut after = shelf.clone();
    let mut decision = Decision::default();
    for line in wanted {
        if let Some(product) = after.get_mut(&line.product_id) {
            product.reserved += line.quantity; // fits: checked above against what is available
        }
    }
    let lines = wanted
        .iter()
        .map(|line| HeldLine {
            product_id: line.product_id.clone(),
            sku_id: line.sku_id.clone(),
            quantity: line.quantity,
            remaining_stock: after.get(&line.product_id).map_or(0, |product| product.available()),
        })
        .collect();
    decision.events.push(Event::Reserved { order_id: order_id.to_owned(), lines });
    decision.reservation = Some(Reservation {
        order_id: order_id.to_owned(),
        status: ReservationStatus::Held,
        lines: wanted.iter().cloned().map(ReservedLine::held).collect(),
    });
    decision.settle(after, wanted);
    Ok(decision)
}

fn totals(wanted: &[Line]) -> BTreeMap<&str, u64> {
    let mut asked = BTreeMap::new();
    for line in wanted {
        *asked.entry(line.product_id.as_str()).or_default() += u64::from(line.quantity);
    }
    asked
}
