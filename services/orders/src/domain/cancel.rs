//! Whether an order may still be cancelled, and what that takes.

use super::{Order, Rejection, Status};

/// What cancelling takes. The status changes only when it is done, by [`change_status`](super::change_status()).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cancel {
    /// The saga is on its way: it turns round and undoes what it did.
    TurnSagaRound,
    /// The saga is over: shipment, money and stock are undone from the start.
    UndoConfirmed,
}

/// May this order be cancelled? Refused once it is dispatched, and where it has ended.
pub fn cancel(order: &Order) -> Result<Cancel, Rejection> {
    match order.status {
        from if from.in_flight() => Ok(Cancel::TurnSagaRound),
        Status::Confirmed => Ok(Cancel::UndoConfirmed),
        from => Err(Rejection::ForbiddenTransition { from, to: Status::Cancelled }),
    }
}
