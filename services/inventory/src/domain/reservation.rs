//! What an order holds, and how it ends: let go, deducted for good, or deducted and brought back.

use super::{Cause, Decision, Event, Product, Shelf};

/// So many pieces of a product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub product_id: String,
    /// Empty where the product has no variants. Stock is counted per product; the variant is carried along.
    pub sku_id: String,
    /// Pieces.
    pub quantity: u32,
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

    fn out(&self) -> u32 {
        self.line.quantity.saturating_sub(self.returned)
    }
}

/// Why a held order's stock is not moved.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// The order holds nothing (any more).
    #[error("order {order_id} holds no stock")]
    NotHeld { order_id: String },
    /// Its stock has left the shelf: it can be returned, not released.
    #[error("the stock of order {order_id} is deducted already")]
    AlreadyDeducted { order_id: String },
    /// Only what was deducted can come back.
    #[error("the stock of order {order_id} was never deducted")]
    NotDeducted { order_id: String },
    /// More would come back than is out.
    #[error("product {product_id}: {requested} to be returned, {left} left to return")]
    ReturnsTooMuch { product_id: String, requested: u64, left: u64 },
    /// A product of the reservation is not on the shelf that was given, or its number would not fit.
    #[error("product {product_id} cannot take the change")]
    ProductUnfit { product_id: String },
}

impl Rejection {
    /// The reason for machines.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::NotHeld { .. } => "not_held",
            Self::AlreadyDeducted { .. } => "already_deducted",
            Self::NotDeducted { .. } => "not_deducted",
            Self::ReturnsTooMuch { .. } => "returns_too_much",
            Self::ProductUnfit { .. } => "product_unfit",
        }
    }
}

/// Gives up what an order holds. Nothing held yet leaves a tombstone (no event); given up already changes nothing.
pub fn release(shelf: &Shelf, reservation: Option<&Reservation>, order_id: &str) -> Result<Decision, Rejection> {
    let Some(reservation) = reservation else {
        let tombstone = Reservation { order_id: order_id.to_owned(), status: ReservationStatus::Released, lines: Vec::new() };
        return Ok(Decision { reservation: Some(tombstone), ..Decision::default() });
    };
    match reservation.status {
        ReservationStatus::Released => return Ok(Decision::default()),
        ReservationStatus::Deducted => return Err(Rejection::AlreadyDeducted { order_id: order_id.to_owned() }),
        ReservationStatus::Held => {}
    }
    let lines: Vec<Line> = reservation.lines.iter().map(|held| held.line.clone()).collect();
    let event = Event::Released { order_id: order_id.to_owned(), lines: lines.clone() };
    let mut decision = Decision { events: vec![event], ..Decision::default() };
    let after = change(shelf, &lines, &mut decision, None, |product, quantity| {
        product.reserved = product.reserved.checked_sub(quantity)?;
        Some(())
    })?;
    decision.reservation = Some(Reservation { status: ReservationStatus::Released, ..reservation.clone() });
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
    let lines: Vec<Line> = reservation.lines.iter().map(|held| held.line.clone()).collect();
    let event = Event::Deducted { order_id: order_id.to_owned(), lines: lines.clone() };
    let mut decision = Decision { events: vec![event], ..Decision::default() };
    let after = change(shelf, &lines, &mut decision, Some(Cause::Deducted), |product, quantity| {
        product.reserved = product.reserved.checked_sub(quantity)?;
        product.stock = product.stock.checked_sub(quantity)?;
        Some(())
    })?;
    decision.reservation = Some(Reservation { status: ReservationStatus::Deducted, ..reservation.clone() });
    decision.settle(after, &lines);
    Ok(decision)
}

/// Puts pieces of a deducted order back on the shelf: never more than went out and did not come back yet.
pub fn return_lines(shelf: &Shelf, reservation: Option<&Reservation>, order_id: &str, lines: &[Line]) -> Result<Decision, Rejection> {
    let Some(reservation) = reservation.filter(|reservation| reservation.status == ReservationStatus::Deducted) else {
        return Err(Rejection::NotDeducted { order_id: order_id.to_owned() });
    };
    let mut reservation = reservation.clone();
    for line in lines {
        take_back(&mut reservation, line)?;
    }
    if lines.is_empty() {
        return Ok(Decision::default());
    }
    let event = Event::Returned { order_id: order_id.to_owned(), lines: lines.to_vec() };
    let mut decision = Decision { reservation: Some(reservation), events: vec![event], ..Decision::default() };
    let after = change(shelf, lines, &mut decision, Some(Cause::Returned), |product, quantity| product.add(quantity))?;
    decision.settle(after, lines);
    Ok(decision)
}

/// Puts back everything of a deducted order that is still out; nothing out any more changes nothing.
pub fn return_all(shelf: &Shelf, reservation: Option<&Reservation>, order_id: &str) -> Result<Decision, Rejection> {
    let out: Vec<Line> = reservation
        .iter()
        .flat_map(|reservation| &reservation.lines)
        .filter(|reserved| reserved.out() > 0)
        .map(|reserved| Line { quantity: reserved.out(), ..reserved.line.clone() })
        .collect();
    return_lines(shelf, reservation, order_id, &out)
}

/// Marks pieces as returned, over all lines of that product and variant.
fn take_back(reservation: &mut Reservation, line: &Line) -> Result<(), Rejection> {
    let of_it = |reserved: &&mut ReservedLine| reserved.line.product_id == line.product_id && reserved.line.sku_id == line.sku_id;
    let mut missing = line.quantity;
    for reserved in reservation.lines.iter_mut().filter(of_it) {
        let now = missing.min(reserved.out());
        reserved.returned += now;
        missing -= now;
    }
    if missing > 0 {
        let (product_id, requested) = (line.product_id.clone(), u64::from(line.quantity));
        return Err(Rejection::ReturnsTooMuch { product_id, requested, left: requested - u64::from(missing) });
    }
    Ok(())
}

/// Applies `how` to every line's product; with a cause, each step on the shelf is announced.
fn change(
    shelf: &Shelf,
    lines: &[Line],
    decision: &mut Decision,
    cause: Option<Cause>,
    how: impl Fn(&mut Product, u32) -> Option<()>,
) -> Result<Shelf, Rejection> {
    let mut after = shelf.clone();
    for line in lines {
        let unfit = || Rejection::ProductUnfit { product_id: line.product_id.clone() };
        let product = after.get_mut(&line.product_id).ok_or_else(unfit)?;
        let before = product.stock;
        how(product, line.quantity).ok_or_else(unfit)?;
        if let Some(cause) = cause {
            decision.events.push(Event::StockChanged {
                product_id: line.product_id.clone(),
                sku_id: line.sku_id.clone(),
                delta: i64::from(product.stock) - i64::from(before),
                stock: product.stock,
                cause,
            });
        }
    }
    Ok(after)
}
