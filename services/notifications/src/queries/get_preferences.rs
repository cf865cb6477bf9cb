//! `GetPreferences`.

use contracts_notifications::v1::{GetPreferencesRequest, GetPreferencesResponse};
use service_host::{Context, command};
use tonic::Status;

use crate::{store as rows, wire};

/// What is known; of a user who never said anything that is nothing, and no error.
pub async fn get_preferences(context: &Context, request: GetPreferencesRequest) -> Result<GetPreferencesResponse, Status> {
    command::check(&request)?;
    let found = rows::of_user(&context.store, &request.user_id).await.map_err(|error| command::store_status(&error))?;
    let (preferences, updated_at_us) = found.unwrap_or_default();
    Ok(GetPreferencesResponse { preferences: Some(wire::preferences(&request.user_id, &preferences, updated_at_us)) })
}
