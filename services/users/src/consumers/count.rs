//! What workouts amount to -> `user.goal_achieved`.

use std::marker::PhantomData;

use catalogue::Contract;
use contracts_workouts::v1::{WorkoutCompleted, WorkoutProcessed, WorkoutUpdated};
use delivery::{Handler, Received};
use messaging::{Done, Outcome, headers};
use prost_types::Timestamp;
use store::Work;

use crate::domain::Told;
use crate::reach::reach;
use crate::store::{goals, lock, workouts};

/// An event that tells of a workout.
pub(crate) trait Tells: Contract {
    fn workout_id(&self) -> &str;
    fn told(&self) -> Told;
}

/// Learns what one type of event tells, and holds the user's goals against it.
pub(crate) struct Count<T>(PhantomData<fn() -> T>);

impl<T> Count<T> {
    pub(crate) fn new() -> Self {
        Self(PhantomData)
    }
}

impl<T: Tells> Handler for Count<T> {
    type Input = T;

    async fn handle(&self, event: Received<T>, work: &mut Work) -> Outcome {
        let (user_id, workout_id) = (event.key(), event.workout_id());
        lock(work, user_id).await?;
        let mut workout = workouts::get(work, user_id, workout_id).await?;
        workout.learn(&event.told());
        workouts::put(work, user_id, workout_id, &workout).await?;
        let Some(started_at_us) = workout.counts_at() else { return Ok(Done) };
        for goal in goals::open(work, user_id).await? {
            reach(work, event.cause(), &goal, started_at_us).await?;
        }
        Ok(Done)
    }
}

impl Tells for WorkoutCompleted {
    fn workout_id(&self) -> &str {
        &self.workout_id
    }

    fn told(&self) -> Told {
        Told {
            started_at_us: time(self.started_at.as_ref()),
            duration_s: self.duration_s.or_else(|| between(self.started_at.as_ref(), self.ended_at.as_ref())),
            distance_m: self.distance_m,
            calories_kcal: self.calories_kcal,
            completed: true,
            corrects: false,
        }
    }
}

impl Tells for WorkoutProcessed {
    fn workout_id(&self) -> &str {
        &self.workout_id
    }

    fn told(&self) -> Told {
        let metrics = self.metrics.clone().unwrap_or_default();
        let whole = metrics.elapsed_s.or_else(|| between(self.started_at.as_ref(), self.ended_at.as_ref()));
        Told {
            started_at_us: time(self.started_at.as_ref()),
            duration_s: metrics.moving_s.or(whole), // pauses are no exercise
            distance_m: metrics.distance_m,
            calories_kcal: metrics.calories_kcal,
            completed: true,
            corrects: true,
        }
    }
}

impl Tells for WorkoutUpdated {
    fn workout_id(&self) -> &str {
        &self.workout_id
    }

    fn told(&self) -> Told {
        Told {
            started_at_us: time(self.started_at.as_ref()),
            duration_s: self.duration_s.or_else(|| between(self.started_at.as_ref(), self.ended_at.as_ref())),
            distance_m: self.distance_m,
            calories_kcal: self.calories_kcal,
            completed: false,
            corrects: true,
        }
    }
}

/// Microseconds since 1970 UTC.
fn time(timestamp: Option<&Timestamp>) -> Option<i64> {
    timestamp.map(headers::micros)
}

/// Seconds from start to end, where both are known.
fn between(start: Option<&Timestamp>, end: Option<&Timestamp>) -> Option<f64> {
    let us = time(end)?.saturating_sub(time(start)?);
    (us >= 0).then_some(us as f64 / 1e6)
}
