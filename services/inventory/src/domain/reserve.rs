//! Holding stock for one order: every line or none.

use std::collections::BTreeMap;

use super::{Decision, Event, Line, Pieces, Reservation, ReservationStatus, ReservedLine, Shelf};

/// A line that is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldLine {
    /// What is held.
    pub line: Line,
    /// Pieces of this variant that the next order can have.
    pub remaining_stock: i64,
}

/// Why an order gets nothing: a business answer, never retried.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no such product or variant, or it was withdrawn.
    #[error("product {product_id} is not sold here")]
    ProductNotFound { product_id: String, sku_id: String, requested: i64 },
    /// There is less than the order's lines ask for together.
    #[error("product {product_id}: {available} available, {requested} requested")]
    InsufficientStock { product_id: String, sku_id: String, available: i64, requested: i64 },
    /// The order was let go before this command came: a late do behind its undo. Its saga knows already.
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
}

/// Holds every line of an order, or names the first line that cannot be had. `existing` is the order's reservation, if there is one:
/// asking again for what is held changes nothing, asking after it was let go is refused.
pub fn reserve(shelf: &Shelf, existing: Option<&Reservation>, order_id: &str, wanted: &[Line]) -> Result<Decision, Refusal> {
    match existing.map(|reservation| reservation.status) {
        Some(ReservationStatus::Released) => return Err(Refusal::OrderReleased { order_id: order_id.to_owned() }),
        Some(ReservationStatus::Held | ReservationStatus::Deducted) => return Ok(Decision::default()),
        None => {}
    }
    let requested = totals(wanted);
    let mut after = shelf.clone();
    // In the order of the lines, so that the answer names the first one that fails.
    for line in wanted {
        let requested = requested[&line.variant()];
        let (product_id, sku_id) = (line.product_id.clone(), line.sku_id.clone());
        let sold = after.get_mut(&line.product_id).filter(|product| !product.withdrawn);
        let Some(pieces) = sold.and_then(|product| product.variants.get_mut(&line.sku_id)) else {
            return Err(Refusal::ProductNotFound { product_id, sku_id, requested });
        };
        let available = pieces_of(shelf, line).available();
        let held = pieces.moved(0, i64::from(line.quantity)).filter(|_| requested <= available);
        *pieces = held.ok_or(Refusal::InsufficientStock { product_id, sku_id, available, requested })?;
    }

    let lines = wanted.iter().map(|line| HeldLine { line: line.clone(), remaining_stock: pieces_of(&after, line).available() }).collect();
    let reservation = Reservation {
        order_id: order_id.to_owned(),
        status: ReservationStatus::Held,
        lines: wanted.iter().cloned().map(ReservedLine::held).collect(),
    };
    let event = Event::Reserved { order_id: order_id.to_owned(), lines };
    let mut decision = Decision { reservation: Some(reservation), events: vec![event], ..Decision::default() };
    decision.settle(after, wanted);
    Ok(decision)
}

/// What the lines ask for together, by product and variant.
fn totals(wanted: &[Line]) -> BTreeMap<(&str, &str), i64> {
    let mut totals = BTreeMap::new();
    for line in wanted {
        *totals.entry(line.variant()).or_default() += i64::from(line.quantity);
    }
    totals
}

fn pieces_of(shelf: &Shelf, line: &Line) -> Pieces {
    shelf.get(&line.product_id).and_then(|product| product.variants.get(&line.sku_id)).copied().unwrap_or_default()
}
