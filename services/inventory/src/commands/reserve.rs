//! `inventory.reserve`: holds stock for one order, every line or none.

use contracts_inventory::v1::{ReserveStock, StockReservationFailed};
use delivery::{Handler, Received};
use messaging::{Done, Outcome};
use store::Work;

use super::{Unable, carry_out};
use crate::announce::{Words, announce, domain_lines};
use crate::domain::{self, Event, HeldLine, Line, Refusal, Reservation, ReservationStatus, Shelf};
use crate::store::{reservations, shelf};

/// Answers `inventory.reserved` or `inventory.reservation_failed`.
pub struct Reserve;

impl Handler for Reserve {
    type Input = ReserveStock;

    async fn handle(&self, command: Received<ReserveStock>, work: &mut Work) -> Outcome {
        let wanted = domain_lines(&command.lines).map_err(Unable::Malformed)?;
        let shelf = shelf::load(work, wanted.iter().map(|line| line.product_id.as_str())).await?;
        let words = Words { customer: command.customer.as_ref(), ..Words::default() };
        match domain::reserve(&shelf, None, &command.order_id, &wanted) {
            Ok(mut held) => {
                // Writing it tells whether there is one already: no statement is spent on asking first.
                let reservation = held.reservation.take();
                if let Some(reservation) = &reservation
                    && !reservations::add(work, reservation).await?
                {
                    return again(&command, work, &shelf, &wanted).await;
                }
                carry_out(work, command.cause(), &shelf, &held, words).await?;
                Ok(Done)
            }
            Err(_) if reservations::load(work, &command.order_id).await?.is_some() => again(&command, work, &shelf, &wanted).await,
            Err(refusal) => {
                refuse(&command, work, refusal);
                Ok(Done)
            }
        }
    }
}

/// The order was here before: what is held is answered again, what was let go stays so.
async fn again(command: &Received<ReserveStock>, work: &mut Work, shelf: &Shelf, wanted: &[Line]) -> Outcome {
    let existing = reservations::load(work, &command.order_id).await?;
    match domain::reserve(shelf, existing.as_ref(), &command.order_id, wanted) {
        Err(refusal) => refuse(command, work, refusal),
        Ok(_) => {
            let held = existing.as_ref().filter(|existing| existing.status == ReservationStatus::Held).into_iter();
            let lines = held.flat_map(|held| as_held(shelf, held)).collect();
            let event = Event::Reserved { order_id: command.order_id.clone(), lines };
            let words = Words { customer: command.customer.as_ref(), ..Words::default() };
            announce(work, command.cause(), &[event], words).await?;
        }
    }
    Ok(Done)
}

fn as_held(shelf: &Shelf, reservation: &Reservation) -> Vec<HeldLine> {
    let left = |line: &Line| shelf.get(&line.product_id)?.variants.get(&line.sku_id).map(|pieces| pieces.available());
    let held = |line: &Line| HeldLine { line: line.clone(), remaining_stock: left(line).unwrap_or_default() };
    reservation.lines.iter().map(|reserved| held(&reserved.line)).collect()
}

fn refuse(command: &Received<ReserveStock>, work: &mut Work, refusal: Refusal) {
    let reason = refusal.reason().to_owned();
    let (product_id, sku_id, available, requested) = match refusal {
        Refusal::ProductNotFound { product_id, sku_id, requested } => (product_id, sku_id, 0, requested),
        Refusal::InsufficientStock { product_id, sku_id, available, requested } => (product_id, sku_id, available, requested),
        // Its saga has undone this step and waits for nothing.
        Refusal::OrderReleased { order_id } => {
            tracing::info!(order_id, "refused: it was let go before it was held");
            return;
        }
    };
    let failed = StockReservationFailed {
        order_id: command.order_id.clone(),
        reason,
        product_id,
        sku_id,
        available,
        requested,
        customer: command.customer.clone(),
    };
    work.emit(command.cause(), &failed);
}
