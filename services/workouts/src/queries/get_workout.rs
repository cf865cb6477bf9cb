//! `GetWorkout`: one workout with its laps and its series.

use contracts_workouts::v1::{GetWorkoutRequest, GetWorkoutResponse};
use service_host::{Context, command, status};
use store::params;
use tonic::Status;

use crate::store::{self as rows, COLUMNS, Record};
use crate::{domain, wire};

/// Samples where nobody says how many.
const SAMPLES: u32 = 500;

/// NOT_FOUND where there is none, or none any more.
pub async fn get_workout(context: &Context, request: GetWorkoutRequest) -> Result<GetWorkoutResponse, Status> {
    command::check(&request)?;
    let failed = |error| command::store_status(&error);
    let deleted = domain::Status::Deleted.as_str();
    let sql = format!("SELECT {COLUMNS} FROM workouts WHERE workout_id = $1 AND status <> $2 AND ($3 = '' OR user_id = $3) LIMIT 2");
    let found = context.store.rows(&sql, params![&request.workout_id, deleted, &request.user_id]).await.map_err(failed)?;
    let row = match found.as_slice() {
        [] => return Err(status::not_found("workout", &request.workout_id)),
        [row] => row,
        _ => return Err(status::invalid_field("user_id", "must be given: several users have a workout of this id")),
    };
    let record = Record::read(row).map_err(failed)?;
    let who = record.who();
    let samples = rows::samples(&context.store, &who).await.map_err(failed)?;
    let laps = rows::laps(&context.store, &who).await.map_err(failed)?;
    let most = request.max_samples.unwrap_or(SAMPLES).try_into().unwrap_or(usize::MAX);
    Ok(GetWorkoutResponse {
        workout: Some(wire::workout(&record)),
        laps,
        samples: domain::thin(&samples, most),
        refusal: record.workout.refusal,
    })
}
