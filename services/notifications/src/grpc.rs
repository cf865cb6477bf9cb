//! `ensue.notifications.v1.NotificationService`: decode, call, encode.

use std::sync::Arc;

use contracts_notifications::v1::notification_service_server::{NotificationService, NotificationServiceServer};
use contracts_notifications::v1::{
    GetNotificationRequest, GetNotificationResponse, GetPreferencesRequest, GetPreferencesResponse, ListNotificationsRequest,
    ListNotificationsResponse, SendNotificationRequest, SendNotificationResponse, SetPreferencesRequest, SetPreferencesResponse,
};
use service_host::Context;
use tonic::{Request, Response, Status};

use crate::commands::{self, Notify};
use crate::queries;

struct Notifications {
    context: Context,
    notify: Arc<Notify>,
}

/// The server to be put behind the port.
pub fn server(context: Context, notify: Arc<Notify>) -> NotificationServiceServer<impl NotificationService> {
    let most = context.config.grpc.max_message_bytes;
    NotificationServiceServer::new(Notifications { context, notify }).max_decoding_message_size(most)
}

#[tonic::async_trait]
impl NotificationService for Notifications {
    async fn list_notifications(&self, request: Request<ListNotificationsRequest>) -> Result<Response<ListNotificationsResponse>, Status> {
        queries::list_notifications(&self.context, request.into_inner()).await.map(Response::new)
    }

    async fn get_notification(&self, request: Request<GetNotificationRequest>) -> Result<Response<GetNotificationResponse>, Status> {
        queries::get_notification(&self.context, request.into_inner()).await.map(Response::new)
    }

    async fn set_preferences(&self, request: Request<SetPreferencesRequest>) -> Result<Response<SetPreferencesResponse>, Status> {
        commands::set_preferences(&self.context, request).await
    }

    async fn get_preferences(&self, request: Request<GetPreferencesRequest>) -> Result<Response<GetPreferencesResponse>, Status> {
        queries::get_preferences(&self.context, request.into_inner()).await.map(Response::new)
    }

    async fn send_notification(&self, request: Request<SendNotificationRequest>) -> Result<Response<SendNotificationResponse>, Status> {
        commands::send_notification(&self.context, &self.notify, request).await
    }
}
