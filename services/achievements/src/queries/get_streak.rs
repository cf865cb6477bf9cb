//! `GetStreak`.

use contracts_achievements::v1::{GetStreakRequest, GetStreakResponse};
use service_host::{Context, command};
use tonic::Status;

use crate::store::people;
use crate::wire;

/// No days at all for somebody who never worked out: who the users are is not known here.
pub async fn get_streak(context: &Context, request: GetStreakRequest) -> Result<GetStreakResponse, Status> {
    command::check(&request)?;
    let counts = people::counts(&context.store, &request.user_id).await.map_err(|error| command::store_status(&error))?;
    Ok(GetStreakResponse { streak: Some(wire::streak(&counts)) })
}
