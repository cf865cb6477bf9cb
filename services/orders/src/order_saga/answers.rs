//! An answer to one of the saga's commands: what it says is read here, what follows is the saga's.

use std::sync::Arc;

use catalogue::Contract;
use delivery::{Handler, Received};
use messaging::{Done, Failure, Outcome};
use saga::Input;
use store::Work;

use super::{Course, OrderSaga, Progress};

/// What an answer says to the saga, and what it teaches. `None`: it is none of the saga's business.
pub type Reading<T> = fn(&T) -> Option<(Input, Progress)>;

/// Feeds one type of answer to the sagas; its key is the order's id.
pub struct Answer<T> {
    saga: Arc<OrderSaga>,
    read: Reading<T>,
}

impl<T> Answer<T> {
    /// Answers that are read like this.
    pub fn new(saga: &Arc<OrderSaga>, read: Reading<T>) -> Self {
        Self { saga: saga.clone(), read }
    }
}

impl<T: Contract> Handler for Answer<T> {
    type Input = T;

    async fn handle(&self, answer: Received<T>, work: &mut Work) -> Outcome {
        let Some((input, learned)) = (self.read)(&answer) else { return Ok(Done) };
        let order_id = answer.key();
        let mut course = Course::load(order_id, work).await?.ok_or_else(|| Failure::dead(format!("there is no order {order_id}")))?;
        course.turn.progress.learn(learned);
        self.saga.feed(&mut course, input, answer.cause(), work).await?;
        Ok(Done)
    }
}

impl Progress {
    fn learn(&mut self, learned: Self) {
        for (known, new) in [(&mut self.payment_id, learned.payment_id), (&mut self.shipment_id, learned.shipment_id)] {
            if !new.is_empty() {
                *known = new;
            }
        }
    }
}
