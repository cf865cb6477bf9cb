//! `GetNotification`.

use contracts_notifications::v1::{GetNotificationRequest, GetNotificationResponse};
use service_host::{Context, command, status};
use tonic::Status;

use crate::{store as rows, wire};

/// One, or NOT_FOUND.
pub async fn get_notification(context: &Context, request: GetNotificationRequest) -> Result<GetNotificationResponse, Status> {
    command::check(&request)?;
    let found = rows::get(&context.store, &request.notification_id).await.map_err(|error| command::store_status(&error))?;
    let notification = found.ok_or_else(|| status::not_found("notification", &request.notification_id))?;
    Ok(GetNotificationResponse { notification: Some(wire::notification(notification)) })
}
