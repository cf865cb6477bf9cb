//! Runs the failed undos of a saga again; what `ensue saga retry` calls.

use contracts_orders::v1::{RetrySagaRequest, RetrySagaResponse};
use messaging::Cause;
use saga::Input;
use service_host::{Refusal, status};
use store::Work;

use crate::order_saga::{Course, OrderSaga};
use crate::wire;

pub async fn retry_saga(
    saga: &OrderSaga,
    request: &RetrySagaRequest,
    cause: &Cause,
    work: &mut Work,
) -> Result<RetrySagaResponse, Refusal> {
    // A saga goes under its order's id.
    let mut course = Course::load(&request.saga_id, work).await?.ok_or_else(|| status::not_found("saga", &request.saga_id))?;
    let state = course.saga.ledger.state;
    if !saga.feed(&mut course, Input::Retry, cause, work).await? {
        let message = format!("a saga in {} has no failed undo to run again", state.as_str().to_ascii_uppercase());
        return Err(status::failed_precondition("NOTHING_TO_RETRY", &message, [("state", state.as_str().to_owned())]).into());
    }
    Ok(RetrySagaResponse { saga: Some(wire::saga(&course.saga.ledger)) })
}
