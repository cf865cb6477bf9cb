//! Turns the saga round, on its way or after it: what was done is undone, and then the order is CANCELLED.

use contracts_orders::v1::{CancelOrderRequest, CancelOrderResponse};
use messaging::Cause;
use saga::Input;
use service_host::Refusal;
use store::Work;

use super::{order_of, refusal};
use crate::domain::{self, reasons};
use crate::order_saga::OrderSaga;
use crate::wire;

pub async fn cancel_order(
    saga: &OrderSaga,
    request: &CancelOrderRequest,
    cause: &Cause,
    work: &mut Work,
) -> Result<CancelOrderResponse, Refusal> {
    let mut course = order_of(&request.order_id, work).await?;
    // Both ways are one to the saga; one that is on its way back already goes on with that.
    let _ = domain::cancel(&course.turn.kept.order).map_err(refusal)?;
    // The reason is for machines; what people say is told beside it.
    request.reason.clone_into(&mut course.turn.progress.said);
    saga.feed(&mut course, Input::cancel(reasons::CUSTOMER_REQUEST), cause, work).await?;
    Ok(CancelOrderResponse { order: Some(wire::order(&course.turn.kept, Some(&course.saga.ledger))) })
}
