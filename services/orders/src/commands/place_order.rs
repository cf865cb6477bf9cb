//! Accepts an order and begins its saga: both are on disk when the caller is answered.

use contracts_orders::v1::{PlaceOrderRequest, PlaceOrderResponse};
use messaging::Cause;
use service_host::{Refusal, status};
use store::Work;

use super::refusal;
use crate::domain;
use crate::order_saga::{OrderSaga, plan};
use crate::store::{Kept, catalogue, orders};
use crate::wire;

pub async fn place_order(
    saga: &OrderSaga,
    request: &PlaceOrderRequest,
    cause: &Cause,
    work: &mut Work,
) -> Result<PlaceOrderResponse, Refusal> {
    let order_id = match request.order_id.as_str() {
        "" => messaging::root_id(),
        chosen if orders::exists(chosen, work).await? => return Err(status::already_exists("order", chosen).into()),
        chosen => chosen.to_owned(),
    };
    let catalogue = catalogue::entries(request.items.iter().map(|item| item.product_id.as_str()), work).await?;
    let placed = domain::place(wire::wish(request, &order_id), &catalogue).map_err(refusal)?;
    let mut kept = Kept::placed(placed, cause, work);
    orders::insert(&mut kept, work).await?;
    // What the saga asks for follows from the order, not from the call.
    let cause = work.emitted().last().map_or_else(|| cause.clone(), |placed| placed.cause(plan::CONSUMER));
    let course = saga.start(kept, &cause, work).await?;
    Ok(PlaceOrderResponse { order: Some(wire::order(&course.turn.kept, Some(&course.saga.ledger))) })
}
