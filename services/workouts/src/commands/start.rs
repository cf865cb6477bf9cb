//! `StartWorkout`: somebody begins.

use contracts_workouts::v1::{StartWorkoutRequest, StartWorkoutResponse, WorkoutStarted};
use messaging::headers;
use service_host::{Context, command};
use tonic::{Request, Response, Status};

use super::Book;
use crate::announce::applied;
use crate::store::Who;
use crate::{config, domain, wire};

/// Answers the workout. The same words again change nothing; others under the same id are ALREADY_EXISTS.
pub async fn start_workout(context: &Context, request: Request<StartWorkoutRequest>) -> Result<Response<StartWorkoutResponse>, Status> {
    let heart = config::heart(&context.config);
    command::run(context, "workouts.StartWorkout", request, StartWorkoutRequest::request_id, move |request, cause, work| {
        Box::pin(async move {
            let workout_id = wire::said(&request.workout_id).unwrap_or_else(messaging::root_id);
            let who = Who { user_id: request.user_id.clone(), workout_id };
            let mut book = Book::of(work, &who, heart).await?;
            let mut told = wire::to_start(&request);
            let known = || book.workout(&who).and_then(|workout| workout.told.started_at_us);
            told.started_at_us = told.started_at_us.or_else(known).or(Some(work.now_us()));
            let decision = domain::start(book.workout(&who), told).map_err(|rejection| wire::refused(rejection, &who.workout_id))?;
            if let Some(workout) = decision {
                let facts = &workout.told;
                let event = WorkoutStarted {
                    user_id: who.user_id.clone(),
                    workout_id: who.workout_id.clone(),
                    r#type: facts.kind.clone().unwrap_or_default(),
                    started_at: facts.started_at_us.map(headers::timestamp),
                    time_zone: facts.time_zone.clone().unwrap_or_default(),
                    title: facts.title.clone().unwrap_or_default(),
                };
                applied(work, &cause, &event);
                book.change(work, &cause, &who, workout);
                book.close(work).await?;
            }
            Ok(StartWorkoutResponse { workout: book.record(&who).map(wire::workout) })
        })
    })
    .await
}
