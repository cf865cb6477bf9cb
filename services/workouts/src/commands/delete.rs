//! `DeleteWorkout`: it does not count any more.

use contracts_workouts::v1::{DeleteWorkoutRequest, DeleteWorkoutResponse, WorkoutDeleted};
use messaging::headers;
use service_host::{Context, command};
use tonic::{Request, Response, Status};

use super::amend::amend;
use crate::store::Who;
use crate::{config, domain};

/// For good: what comes late changes nothing. NOT_FOUND for one that nobody heard of; again is fine.
pub async fn delete_workout(context: &Context, request: Request<DeleteWorkoutRequest>) -> Result<Response<DeleteWorkoutResponse>, Status> {
    let heart = config::heart(&context.config);
    command::run(context, "workouts.DeleteWorkout", request, DeleteWorkoutRequest::request_id, move |request, cause, work| {
        Box::pin(async move {
            let who = Who { user_id: request.user_id.clone(), workout_id: request.workout_id.clone() };
            let deleted_at = Some(headers::timestamp(work.now_us()));
            let event = WorkoutDeleted { user_id: who.user_id.clone(), workout_id: who.workout_id.clone(), deleted_at };
            amend(work, &cause, &who, heart, domain::delete, &event).await?;
            Ok(DeleteWorkoutResponse {})
        })
    })
    .await
}
