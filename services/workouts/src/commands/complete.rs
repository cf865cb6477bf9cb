//! `CompleteWorkout`: somebody is done, with or without a recording.

use contracts_workouts::v1::{CompleteWorkoutRequest, CompleteWorkoutResponse, WorkoutCompleted};
use messaging::headers;
use service_host::{Context, command, status};
use tonic::{Request, Response, Status};

use super::Book;
use crate::announce::applied;
use crate::store::Who;
use crate::{config, domain, wire};

/// Answers the workout, which counts from now on; one that was never started may be completed, too.
pub async fn complete_workout(
    context: &Context,
    request: Request<CompleteWorkoutRequest>,
) -> Result<Response<CompleteWorkoutResponse>, Status> {
    let heart = config::heart(&context.config);
    command::run(context, "workouts.CompleteWorkout", request, CompleteWorkoutRequest::request_id, move |request, cause, work| {
        Box::pin(async move {
            let who = Who { user_id: request.user_id.clone(), workout_id: request.workout_id.clone() };
            let mut book = Book::of(work, &who, heart).await?;
            let told = wire::to_complete(&request);
            let decision = domain::complete(book.workout(&who), &told, request.heart_rate_bpm.clone());
            if let Some(workout) = decision.map_err(|rejection| wire::refused(rejection, &who.workout_id))? {
                let facts = &workout.told;
                if facts.started_at_us.is_none() {
                    return Err(status::invalid_field("started_at", "must be given: the workout was never started").into());
                }
                let event = WorkoutCompleted {
                    user_id: who.user_id.clone(),
                    workout_id: who.workout_id.clone(),
                    r#type: facts.kind.clone().unwrap_or_default(),
                    started_at: facts.started_at_us.map(headers::timestamp),
                    ended_at: facts.ended_at_us.map(headers::timestamp),
                    duration_s: facts.duration_s,
                    distance_m: facts.distance_m,
                    calories_kcal: facts.calories_kcal,
                    heart_rate_bpm: workout.heart_rate_bpm.clone(),
                    time_zone: facts.time_zone.clone().unwrap_or_default(),
                    title: facts.title.clone().unwrap_or_default(),
                };
                applied(work, &cause, &event);
                book.change(work, &cause, &who, workout);
                book.close(work).await?;
            }
            Ok(CompleteWorkoutResponse { workout: book.record(&who).map(wire::workout) })
        })
    })
    .await
}
