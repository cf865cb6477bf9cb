//! The parcel's way: with the carrier, at the customer's.

use std::sync::Arc;

use contracts_shipping::v1::{ShipmentDelivered, ShipmentDispatched};
use delivery::{Handler, Received};
use messaging::{Cause, Done, Failure, Outcome};
use saga::{Input, StepState};
use store::Work;

use super::raise::raise;
use crate::domain::{By, Status, change_status};
use crate::order_saga::plan::SHIPMENT;
use crate::order_saga::{Course, OrderSaga};
use crate::store::orders;
use crate::wire::Told;

pub struct Dispatched(pub Arc<OrderSaga>);

impl Handler for Dispatched {
    type Input = ShipmentDispatched;

    async fn handle(&self, event: Received<ShipmentDispatched>, work: &mut Work) -> Outcome {
        travelled(&self.0, &event.order_id, Status::Dispatched, event.cause(), work).await
    }
}

pub struct Delivered(pub Arc<OrderSaga>);

impl Handler for Delivered {
    type Input = ShipmentDelivered;

    async fn handle(&self, event: Received<ShipmentDelivered>, work: &mut Work) -> Outcome {
        travelled(&self.0, &event.order_id, Status::Delivered, event.cause(), work).await
    }
}

async fn travelled(saga: &OrderSaga, order_id: &str, to: Status, cause: &Cause, work: &mut Work) -> Outcome {
    let mut course = Course::load(order_id, work).await?.ok_or_else(|| Failure::dead(format!("there is no order {order_id}")))?;
    // A cancellation that lost the race: shipping will say so too, but the parcel is the better witness.
    if course.saga.ledger.step(SHIPMENT).is_some_and(|step| step.state == StepState::Undoing) {
        saga.feed(&mut course, Input::undo_refused(SHIPMENT, format!("the shipment is {to}")), cause, work).await?;
    }
    let kept = &mut course.turn.kept;
    if is_old_news(kept.order.status, to) {
        return Ok(Done);
    }
    let cause = kept.cause(cause);
    match change_status(&kept.order, to, "", By::Process) {
        Ok(events) => kept.happen(events, &Told::default(), &cause, work),
        // A fact stays a fact: the parcel has gone, and the order says otherwise. Somebody has to look.
        Err(rejection) => {
            let message = format!("order {order_id}: {rejection}, but shipping says it is");
            raise("status_contradicted", order_id, message, &rejection.to_string(), &cause, work);
        }
    }
    orders::save(kept, work).await?;
    Ok(Done)
}

/// An operator said it before.
fn is_old_news(is: Status, to: Status) -> bool {
    match to {
        Status::Dispatched => matches!(is, Status::Dispatched | Status::Delivered | Status::Returned),
        _ => matches!(is, Status::Delivered | Status::Returned),
    }
}
