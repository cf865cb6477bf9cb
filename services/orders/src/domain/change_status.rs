//! One order from one status to the next.

use super::{By, Event, Order, Rejection, Status};

/// Brings an order into another status. For the process the status it has already is no news: facts may come twice, from an
/// operator and from shipping. An operator is told.
pub fn change_status(order: &Order, to: Status, reason: &str, by: By) -> Result<Vec<Event>, Rejection> {
    let from = order.status;
    if from == to && by == By::Process {
        return Ok(Vec::new());
    }
    if !from.may_become(to, by) {
        return Err(Rejection::ForbiddenTransition { from, to });
    }
    let mut events = vec![Event::StatusUpdated { previous_status: from, status: to, reason: reason.to_owned() }];
    match to {
        Status::Confirmed => events.push(Event::Confirmed),
        Status::Cancelled => events.push(Event::Cancelled { reason: reason.to_owned() }),
        _ => {}
    }
    Ok(events)
}
