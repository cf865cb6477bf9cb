//! `workout.deleted`: it counts no more. What was achieved with it stays achieved.

use contracts_workouts::v1::WorkoutDeleted;
use delivery::{Handler, Received};
use messaging::{Done, Outcome};
use store::Work;

use crate::store::{lock, workouts};

/// For good: a recording of it that comes later does not bring it back.
pub(crate) struct Discount;

impl Handler for Discount {
    type Input = WorkoutDeleted;

    async fn handle(&self, event: Received<WorkoutDeleted>, work: &mut Work) -> Outcome {
        lock(work, &event.user_id).await?;
        let mut workout = workouts::get(work, &event.user_id, &event.workout_id).await?;
        workout.deleted = true;
        workouts::put(work, &event.user_id, &event.workout_id, &workout).await?;
        Ok(Done)
    }
}
