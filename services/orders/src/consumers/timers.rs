//! The saga's timers: a step, an undo or the whole took too long.

use std::sync::Arc;

use delivery::TimerHandler;
use messaging::{Done, Outcome};
use store::Work;
use store::timers::Timer;

use crate::order_saga::{Course, OrderSaga};

/// Turns a saga round whose time is up.
pub struct Timers(pub Arc<OrderSaga>);

impl TimerHandler for Timers {
    async fn fire(&self, timer: Timer, work: &mut Work) -> Outcome {
        let Some(input) = self.0.durable().fired(&timer, work).await? else { return Ok(Done) };
        let Some(mut course) = Course::load(&timer.key, work).await? else {
            tracing::error!(order_id = timer.key, timer = timer.id, "a timer of an order that is not there");
            return Ok(Done);
        };
        self.0.feed(&mut course, input, &timer.cause, work).await?;
        Ok(Done)
    }
}
