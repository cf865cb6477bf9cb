//! Takes goods of a delivered order back: the money goes back to the customer, the goods into stock.

use contracts_orders::v1::{ReturnOrderRequest, ReturnOrderResponse};
use messaging::Cause;
use service_host::Refusal;
use store::Work;

use super::{order_of, refusal};
use crate::domain::{Event, return_lines};
use crate::store::orders;
use crate::wire::{self, Told};

pub async fn return_order(request: &ReturnOrderRequest, cause: &Cause, work: &mut Work) -> Result<ReturnOrderResponse, Refusal> {
    let mut course = order_of(&request.order_id, work).await?;
    let kept = &mut course.turn.kept;
    let events = return_lines(&kept.order, &wire::lines(&request.lines), &request.reason).map_err(refusal)?;
    let return_id = messaging::root_id();
    let cause = kept.cause(cause);
    let placed = kept.order.placed.clone();
    kept.happen(events.clone(), &Told { return_id: return_id.clone(), ..Told::default() }, &cause, work);
    for event in &events {
        if let Event::Returned { lines, refund, reason } = event {
            if refund.minor_units > 0 {
                work.emit(&cause, &wire::refund(&placed, &return_id, Some(refund), reason));
            }
            work.emit(&cause, &wire::return_stock(&placed, &return_id, lines));
        }
    }
    orders::save(kept, work).await?;
    Ok(ReturnOrderResponse { order: Some(wire::order(kept, Some(&course.saga.ledger))), return_id })
}
