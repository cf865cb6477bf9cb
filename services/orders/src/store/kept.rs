//! An order in a unit of work: what happens to it is applied, appended under its version, and saved with its row.

use messaging::Cause;
use store::Work;

use crate::domain::{Event, Order, Placed};
use crate::wire::{self, Told};

/// An order as it stands in the store.
#[derive(Clone, Debug)]
pub struct Kept {
    /// What its events made of it.
    pub order: Order,
    /// Of its last event.
    pub version: u64,
    /// The version that its row is at.
    pub(super) saved: u64,
    /// The conversation that it began.
    pub correlation_id: String,
    /// Microseconds since 1970 UTC.
    pub created_at_us: i64,
    /// Microseconds since 1970 UTC.
    pub updated_at_us: i64,
}

impl Kept {
    /// A new order: its first event.
    pub fn placed(placed: Placed, cause: &Cause, work: &mut Work) -> Self {
        let now_us = work.now_us();
        let mut kept = Self {
            order: Order::new(placed.clone()),
            version: 0,
            saved: 0,
            correlation_id: cause.correlation_id.clone(),
            created_at_us: now_us,
            updated_at_us: now_us,
        };
        kept.happen(vec![Event::Placed(Box::new(placed))], &Told::default(), cause, work);
        kept
    }

    /// The cause in the conversation that the order began: whoever acts later, a call shows the whole story.
    pub fn cause(&self, cause: &Cause) -> Cause {
        Cause { correlation_id: self.correlation_id.clone(), ..cause.clone() }
    }

    /// Lets events happen. A version that is taken meanwhile fails the work with a conflict.
    pub fn happen(&mut self, events: Vec<Event>, told: &Told, cause: &Cause, work: &mut Work) {
        for event in events {
            self.order.apply(&event);
            self.version += 1;
            wire::announce(&event, &self.order, told, cause, self.version, work);
            self.updated_at_us = work.now_us();
        }
    }
}
