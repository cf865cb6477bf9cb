//! `DeleteWorkout`: it does not count any more.

use contracts::workouts::v1::{DeleteWorkoutRequest, DeleteWorkoutResponse, WorkoutDeleted};
use messaging::headers;
use service_host::{Context, command};
use tonic::{Request, Response, Status};

use super::Book;
use crate::announce::applied;
use crate::domain::Rejection;
use crate::store::Who;
use crate::{config, domain, wire};

/// For good: what comes late changes nothing. NOT_FOUND for one that nobody heard of; again is fine.
pub async fn delete_workout(context: &Context, request: Request<DeleteWorkoutRequest>) -> Result<Response<DeleteWorkoutResponse>, Status> {
    let heart = config::heart(&context.config);
    command::run(context, "workouts.DeleteWorkout", request, DeleteWorkoutRequest::request_id, move |request, cause, work| {
        Box::pin(async move {
            let who = Who { user_id: request.user_id.clone(), workout_id: request.workout_id.clone() };
            let refused = |rejection| wire::refused(rejection, &who.workout_id);
            let mut book = Book::of(work, &who, heart).await?;
            if book.workout(&who).is_none() {
                return Err(refused(Rejection::Unknown).into());
            }
            if let Some(workout) = domain::delete(book.workout(&who)).map_err(refused)? {
                let deleted_at = Some(headers::timestamp(work.now_us()));
                let event = WorkoutDeleted { user_id: who.user_id.clone(), workout_id: who.workout_id.clone(), deleted_at };
                applied(work, &cause, &event);
                book.change(work, &cause, &who, workout);
                book.close(work).await?;
            }
            Ok(DeleteWorkoutResponse {})
        })
    })
    .await
}
