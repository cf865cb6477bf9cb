//! For operators: what they see with their own eyes, and no carrier says.

use contracts_orders::v1::{UpdateOrderStatusRequest, UpdateOrderStatusResponse};
use messaging::Cause;
use saga::{Input, State};
use service_host::{Refusal, status};
use store::Work;

use super::{order_of, refusal};
use crate::domain::{By, change_status};
use crate::order_saga::OrderSaga;
use crate::store::orders;
use crate::wire::{self, Told};

pub async fn update_order_status(
    saga: &OrderSaga,
    request: &UpdateOrderStatusRequest,
    cause: &Cause,
    work: &mut Work,
) -> Result<UpdateOrderStatusResponse, Refusal> {
    let to = wire::status_of(request.status).ok_or_else(|| status::invalid_field("status", "is no status of an order"))?;
    let mut course = order_of(&request.order_id, work).await?;
    let kept = &mut course.turn.kept;
    let events = change_status(&kept.order, to, &request.reason, By::Operator).map_err(refusal)?;
    if course.saga.ledger.state == State::Compensating {
        let from = kept.order.status;
        let facts = [("from", from.to_string()), ("to", to.to_string())];
        let message = format!("an order in {from} that is being cancelled cannot become {to}");
        return Err(status::failed_precondition("BEING_CANCELLED", &message, facts).into());
    }
    let cause = kept.cause(cause);
    let detail = course.saga.ledger.error.clone().unwrap_or_default();
    kept.happen(events, &Told { detail, ..Told::default() }, &cause, work);
    orders::save(kept, work).await?;
    // Undos that had failed were settled by hand: the ledger says so too, or a retry would do them once more.
    let settled: Vec<String> = course.saga.ledger.failed_undos().map(|step| step.name.clone()).collect();
    for step in settled {
        saga.feed(&mut course, Input::undone(step), &cause, work).await?;
    }
    Ok(UpdateOrderStatusResponse { order: Some(wire::order(&course.turn.kept, Some(&course.saga.ledger))) })
}
