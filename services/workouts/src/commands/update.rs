//! `UpdateWorkout`: somebody knows better.

use contracts_workouts::v1::{UpdateWorkoutRequest, UpdateWorkoutResponse, WorkoutUpdated};
use service_host::{Context, command};
use tonic::{Request, Response, Status};

use super::amend::amend;
use crate::domain::Workout;
use crate::store::Who;
use crate::{config, domain, wire};

/// Answers the workout with the corrections, which outrank what was told and what was recorded.
pub async fn update_workout(context: &Context, request: Request<UpdateWorkoutRequest>) -> Result<Response<UpdateWorkoutResponse>, Status> {
    let heart = config::heart(&context.config);
    command::run(context, "workouts.UpdateWorkout", request, UpdateWorkoutRequest::request_id, move |request, cause, work| {
        Box::pin(async move {
            let who = Who { user_id: request.user_id.clone(), workout_id: request.workout_id.clone() };
            let event = WorkoutUpdated {
                user_id: who.user_id.clone(),
                workout_id: who.workout_id.clone(),
                r#type: request.r#type.clone(),
                started_at: request.started_at,
                ended_at: request.ended_at,
                duration_s: request.duration_s,
                distance_m: request.distance_m,
                calories_kcal: request.calories_kcal,
                time_zone: request.time_zone.clone(),
                title: request.title.clone(),
            };
            let correct = |existing: Option<&Workout>| domain::correct(existing, &wire::updated(&event));
            let book = amend(work, &cause, &who, heart, correct, &event).await?;
            Ok(UpdateWorkoutResponse { workout: book.record(&who).map(wire::workout) })
        })
    })
    .await
}
