//! A saga's timers in the store: one row for the whole, one for the step that is on its way.
//!
//! A saga has one step on its way at a time, so the next step's timer moves the row of the last one: one statement in place of two.

use messaging::Cause;
use store::timers::{self, Timer as Row};
use store::{StoreError, Work};

use crate::{Input, Timer};

/// Later than this, and nobody was there to act in time.
const LATE_US: i64 = 2_000_000;
/// The time that an answer gets then.
const GRACE_US: i64 = 10_000_000;

/// What a transition does to the timers.
#[derive(Debug, Default)]
pub(super) struct Changes {
    saga: Change,
    step: Change,
}

#[derive(Debug, Default)]
enum Change {
    #[default]
    None,
    Arm(Timer, i64),
    Cancel,
}

impl Changes {
    fn of(&mut self, timer: &Timer) -> &mut Change {
        match timer {
            Timer::Saga => &mut self.saga,
            Timer::Do { .. } | Timer::Undo { .. } => &mut self.step,
        }
    }

    pub(super) fn arm(&mut self, timer: &Timer, due_us: i64) {
        *self.of(timer) = Change::Arm(timer.clone(), due_us);
    }

    pub(super) fn cancel(&mut self, timer: &Timer) {
        *self.of(timer) = Change::Cancel;
    }

    pub(super) async fn apply(self, consumer: &str, saga_id: &str, cause: &Cause, work: &mut Work) -> Result<(), StoreError> {
        let (mut armed, mut cancelled) = (Vec::new(), Vec::new());
        for (slot, change) in [("saga", self.saga), ("step", self.step)] {
            let id = format!("{saga_id}/{slot}");
            match change {
                Change::None => {}
                Change::Cancel => cancelled.push(id),
                Change::Arm(timer, due_us) => {
                    // Not the actor of what armed it: what follows from the timer must not get the ids of what followed from that.
                    let cause = Cause { actor: format!("{consumer}/{timer}"), ..cause.clone() };
                    armed.push(Row { id, key: saga_id.to_owned(), due_us, payload: timer.to_string(), cause });
                }
            }
        }
        timers::set_all(work, consumer, &armed).await?;
        timers::cancel_all(work, consumer, &cancelled).await
    }
}

pub(super) async fn fired(consumer: &str, row: &Row, work: &mut Work) -> Result<Option<Input>, StoreError> {
    let Ok(timer) = row.payload.parse::<Timer>() else {
        tracing::error!(consumer, timer = row.id, payload = row.payload, "this is no timer of a saga; it is gone");
        return Ok(None);
    };
    if work.now_us().saturating_sub(row.due_us) > LATE_US {
        let again = Row { due_us: work.now_us() + GRACE_US, ..row.clone() };
        tracing::info!(consumer, saga = row.key, timer = row.payload, "fired late; the answer gets more time");
        timers::set(work, consumer, &again).await?;
        return Ok(None);
    }
    Ok(Some(Input::TimerFired { timer }))
}
