//! What an order holds, and how it ends: let go, or deducted for good.

use super::{Cause, Decision, Event, Shelf};

/// So many pieces of a product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub product_id: String,
    /// Empty where the product has no variants.
    pub sku_id: String,
    /// Pieces.
    pub quantity: u32,
}

impl Line {
    pub(super) fn variant(&self) -> (&str, &str) {
        (&self.product_id, &self.sku_id)
    }
}

/// What one order holds, or held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reservation {
    pub order_id: String,
    pub status: ReservationStatus,
    /// Empty for an order that was let go before it held anything: the tombstone that refuses a late hold.
    pub lines: Vec<ReservedLine>,
}

/// Where a reservation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReservationStatus {
    /// Promised, still on the shelf.
    Held,
    /// Given up.
    Released,
    /// Gone from the shelf.
    Deducted,
}

/// One line of a reservation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReservedLine {
    pub line: Line,
    /// Pieces that came back after they were deducted.
    pub returned: u32,
}

impl ReservedLine {
    pub(super) fn held(line: Line) -> Self {
        Self { line, returned: 0 }
    }

    /// Pieces that did not come back.
    pub(super) fn out(&self) -> u32 {
        self.line.quantity.saturating_sub(self.returned)
    }
}

/// Why an order's stock is not moved.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// The order holds nothing (any more).
    #[error("order {order_id} holds no stock")]
    NotHeld { order_id: String },
    /// Only what was deducted can come back.
    #[error("the stock of order {order_id} was never deducted")]
    NotDeducted { order_id: String },
    /// More would come back than is out.
    #[error("product {product_id}: {requested} to be returned, {left} left to return")]
    ReturnsTooMuch { product_id: String, requested: u32, left: u32 },
    /// A product of the reservation is not on the shelf that was given, or its numbers would leave their bounds.
    #[error("product {product_id} cannot take the change")]
    ProductUnfit { product_id: String },
}

impl Rejection {
    /// The reason for machines.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::NotHeld { .. } => "not_held",
            Self::NotDeducted { .. } => "not_deducted",
            Self::ReturnsTooMuch { .. } => "returns_too_much",
            Self::ProductUnfit { .. } => "product_unfit",
        }
    }
}

/// Undo: gives up what an order holds, or brings back what was deducted for it and is still out. Where there is nothing (any more)
/// it says so in an event without lines, and for an order that never held anything it leaves a tombstone.
pub fn release(shelf: &Shelf, reservation: Option<&Reservation>, order_id: &str) -> Result<Decision, Rejection> {
    let was_deducted = reservation.is_some_and(|reservation| reservation.status == ReservationStatus::Deducted);
    let open = reservation.filter(|reservation| reservation.status != ReservationStatus::Released);
    let lines: Vec<Line> = open.map(still_out).unwrap_or_default();
    let released = match reservation {
        Some(reservation) => Reservation { status: ReservationStatus::Released, ..reservation.clone() },
        None => Reservation { order_id: order_id.to_owned(), status: ReservationStatus::Released, lines: Vec::new() },
    };
    let event = Event::Released { order_id: order_id.to_owned(), lines: lines.clone(), was_deducted };
    let changed = reservation != Some(&released);
    let mut decision = Decision { reservation: changed.then_some(released), events: vec![event], ..Decision::default() };
    let after = match was_deducted {
        true => move_lines(shelf, &lines, order_id, (1, 0), Cause::Released, &mut decision)?,
        false => move_lines(shelf, &lines, order_id, (0, -1), Cause::Released, &mut decision)?,
    };
    decision.settle(after, &lines);
    Ok(decision)
}

/// Takes what an order holds off the shelf for good. Doing it again changes nothing.
pub fn deduct(shelf: &Shelf, reservation: Option<&Reservation>, order_id: &str) -> Result<Decision, Rejection> {
    let reservation = match reservation {
        Some(reservation) if reservation.status == ReservationStatus::Deducted => return Ok(Decision::default()),
        Some(reservation) if reservation.status == ReservationStatus::Held => reservation,
        _ => return Err(Rejection::NotHeld { order_id: order_id.to_owned() }),
    };
    let lines = still_out(reservation);
    let deducted = Reservation { status: ReservationStatus::Deducted, ..reservation.clone() };
    let event = Event::Deducted { order_id: order_id.to_owned(), lines: lines.clone() };
    let mut decision = Decision { reservation: Some(deducted), events: vec![event], ..Decision::default() };
    let after = move_lines(shelf, &lines, order_id, (-1, -1), Cause::Deducted, &mut decision)?;
    decision.settle(after, &lines);
    Ok(decision)
}

/// The reservation's lines with the pieces that did not come back.
fn still_out(reservation: &Reservation) -> Vec<Line> {
    let out = reservation.lines.iter().filter(|reserved| reserved.out() > 0);
    out.map(|reserved| Line { quantity: reserved.out(), ..reserved.line.clone() }).collect()
}

/// Moves every line's pieces by `signs` × quantity (stock, reserved); each move on the shelf is announced.
pub(super) fn move_lines(
    shelf: &Shelf,
    lines: &[Line],
    order_id: &str,
    signs: (i64, i64),
    cause: Cause,
    decision: &mut Decision,
) -> Result<Shelf, Rejection> {
    let mut after = shelf.clone();
    for line in lines {
        let unfit = || Rejection::ProductUnfit { product_id: line.product_id.clone() };
        let pieces = after.get_mut(&line.product_id).and_then(|product| product.variants.get_mut(&line.sku_id)).ok_or_else(unfit)?;
        let (delta, promised) = (signs.0 * i64::from(line.quantity), signs.1 * i64::from(line.quantity));
        *pieces = pieces.moved(delta, promised).ok_or_else(unfit)?;
        if delta != 0 {
            decision.events.push(Event::StockChanged {
                product_id: line.product_id.clone(),
                sku_id: line.sku_id.clone(),
                delta,
                stock: pieces.stock,
                available: pieces.available(),
                cause,
                order_id: order_id.to_owned(),
            });
        }
    }
    Ok(after)
}
