//! `GetUserTotals`: the sum over all workouts that count, each once. It is summed up when it is asked for, from an index that holds all of it: so it
//! is right after every correction and deletion, and nobody has to keep it so.

use contracts_workouts::v1::{GetUserTotalsRequest, GetUserTotalsResponse, UserTotals};
use messaging::headers;
use service_host::{Context, command};
use store::params;
use tonic::Status;

use crate::domain;

/// Zeros for whoever did nothing.
pub async fn get_user_totals(context: &Context, request: GetUserTotalsRequest) -> Result<GetUserTotalsResponse, Status> {
    command::check(&request)?;
    let failed = |error| command::store_status(&error);
    let sql = "SELECT COUNT(*) AS workouts, CAST(COALESCE(SUM(duration_ms), 0) AS BIGINT) AS duration_ms, \
               CAST(COALESCE(SUM(distance_mm), 0) AS BIGINT) AS distance_mm, CAST(COALESCE(SUM(calories_cal), 0) AS BIGINT) AS calories_cal, \
               MAX(started_at_us) AS last_us FROM workouts WHERE user_id = $1 AND status = $2";
    let counted = domain::Status::Completed.as_str();
    let row = context.store.row(sql, params![&request.user_id, counted]).await.map_err(failed)?;
    let row = row.ok_or_else(|| Status::internal("no sum"))?;
    let whole = |column: &str| row.get::<i64>(column).map(|thousandths| thousandths as f64 / 1_000.0).map_err(failed);
    let totals = UserTotals {
        total_workouts: row.get("workouts").map_err(failed)?,
        total_calories_kcal: whole("calories_cal")?,
        total_distance_m: whole("distance_mm")?,
        total_duration_s: whole("duration_ms")?,
        last_workout_at: row.get::<Option<i64>>("last_us").map_err(failed)?.map(headers::timestamp),
        user_id: request.user_id,
    };
    Ok(GetUserTotalsResponse { totals: Some(totals) })
}
