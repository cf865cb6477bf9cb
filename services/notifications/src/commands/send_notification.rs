//! `SendNotification`: accepts a message; it is sent in the background.

use std::sync::Arc;

use catalogue::Contract as _;
use contracts_notifications::v1::{SendMessage, SendNotificationRequest, SendNotificationResponse};
use service_host::{Context, command, status};
use tonic::{Request, Response, Status};

use super::Notify;
use crate::domain::Wanted;
use crate::wire;

/// Accepts it, or says which field is wrong.
pub async fn send_notification(
    context: &Context,
    notify: &Arc<Notify>,
    request: Request<SendNotificationRequest>,
) -> Result<Response<SendNotificationResponse>, Status> {
    let notify = notify.clone();
    let method = "notifications.SendNotification";
    command::run(
        context,
        method,
        request,
        |it| it.request_id(),
        move |request, cause, work| {
            let notify = notify.clone();
            Box::pin(async move {
                let invalid = |fault: crate::domain::Fault| status::invalid_field(fault.field, fault.description);
                let wanted = Wanted::try_from((*request).clone()).map_err(invalid)?;
                let mut ask = wanted.ask(&notify.templates).map_err(invalid)?;
                ask.id = messaging::root_id();
                ask.cause_type = SendMessage::TYPE.to_owned();
                let told = notify.tell(work, vec![(ask, cause)]).await?;
                Ok(SendNotificationResponse { notification: told.into_iter().next().map(wire::notification) })
            })
        },
    )
    .await
}
