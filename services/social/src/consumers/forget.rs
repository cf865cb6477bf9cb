//! `workout.deleted`: it leaves every feed, and what is about it.

use contracts_workouts::v1::WorkoutDeleted;
use delivery::{Handler, Received};
use messaging::{Done, Outcome};
use store::Work;

use crate::store::deleted_workouts;

/// From now on it can't be liked or commented either.
pub(crate) struct Forget;

impl Handler for Forget {
    type Input = WorkoutDeleted;

    async fn handle(&self, event: Received<WorkoutDeleted>, work: &mut Work) -> Outcome {
        deleted_workouts::add(work, &event.workout_id, &event.user_id).await?;
        Ok(Done)
    }
}
