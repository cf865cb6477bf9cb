//! Goods of a confirmed order that come back to the shelf.

use super::reservation::move_lines;
use super::{Cause, Decision, Event, Line, Rejection, Reservation, ReservationStatus, ReservedLine, Shelf};

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
    let after = move_lines(shelf, lines, order_id, (1, 0), Cause::Returned, &mut decision)?;
    decision.settle(after, lines);
    Ok(decision)
}

/// Marks pieces as returned, over all lines of that product and variant.
fn take_back(reservation: &mut Reservation, line: &Line) -> Result<(), Rejection> {
    let of_it = |reserved: &&mut ReservedLine| reserved.line.variant() == line.variant();
    let mut missing = line.quantity;
    for reserved in reservation.lines.iter_mut().filter(of_it) {
        let now = missing.min(reserved.out());
        reserved.returned += now;
        missing -= now;
    }
    if missing > 0 {
        let (product_id, requested) = (line.product_id.clone(), line.quantity);
        return Err(Rejection::ReturnsTooMuch { product_id, requested, left: requested - missing });
    }
    Ok(())
}
