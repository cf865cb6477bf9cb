//! `UpdateWorkout`: somebody knows better.

use contracts::workouts::v1::{UpdateWorkoutRequest, UpdateWorkoutResponse, WorkoutUpdated};
use service_host::{Context, command};
use tonic::{Request, Response, Status};

use super::Book;
use crate::announce::applied;
use crate::domain::Rejection;
use crate::store::Who;
use crate::{config, domain, wire};

/// Answers the workout with the corrections, which outrank what was told and what was recorded.
pub async fn update_workout(context: &Context, request: Request<UpdateWorkoutRequest>) -> Result<Response<UpdateWorkoutResponse>, Status> {
    let heart = config::heart(&context.config);
    command::run(context, "workouts.UpdateWorkout", request, UpdateWorkoutRequest::request_id, move |request, cause, work| {
        Box::pin(async move {
            let who = Who { user_id: request.user_id.clone(), workout_id: request.workout_id.clone() };
            let refused = |rejection| wire::refused(rejection, &who.workout_id);
            let mut book = Book::of(work, &who, heart).await?;
            if book.workout(&who).is_none() {
                return Err(refused(Rejection::Unknown).into());
            }
            let decision = domain::correct(book.workout(&who), &wire::to_update(&request)).map_err(refused)?;
            if let Some(workout) = decision {
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
                applied(work, &cause, &event);
                book.change(work, &cause, &who, workout);
                book.close(work).await?;
            }
            Ok(UpdateWorkoutResponse { workout: book.record(&who).map(wire::workout) })
        })
    })
    .await
}
