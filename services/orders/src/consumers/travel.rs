//! The parcel's way: with the carrier, at the customer's.

use std::sync::Arc;

use contracts::shipping::v1::{ShipmentDelivered, ShipmentDispatched};
use contracts::system::v1::SystemError;
use delivery::{Handler, Received};
use messaging::{Cause, Done, Failure, Outcome, headers};
use saga::{Input, StepState};
use store::Work;

use crate::domain::{By, Rejection, Status, change_status};
use crate::order_saga::plan::{CONSUMER, SHIPMENT};
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
        Err(rejection) => raise(order_id, &rejection, &cause, work),
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

fn raise(order_id: &str, rejection: &Rejection, cause: &Cause, work: &mut Work) {
    tracing::error!(order_id, %rejection, correlation_id = cause.correlation_id, "shipping and the order contradict one another");
    let (service, at) = (work.service().to_owned(), headers::timestamp(work.now_us()));
    work.emit(
        cause,
        &SystemError {
            component: CONSUMER.to_owned(),
            service,
            code: "status_contradicted".to_owned(),
            message: format!("order {order_id}: {rejection}, but shipping says it is"),
            event_key: order_id.to_owned(),
            consumer: CONSUMER.to_owned(),
            error: rejection.to_string(),
            at: Some(at),
            ..SystemError::default()
        },
    );
}
