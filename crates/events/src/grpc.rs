//! `ensue.events.v1.EventService`.

use std::sync::Arc;

use catalogue::events::v1 as wire;
use catalogue::events::v1::event_service_server::{EventService, EventServiceServer};
use service_host::Context;
use tokio::sync::Notify;
use tonic::{Request, Response, Status};

use crate::commands::{discard_dead_letters, publish_events, redrive_dead_letters};
use crate::queries::{get_conversation, get_dead_letter, list_dead_letters, list_event_types, list_events, tail_events};

pub(crate) struct Server {
    context: Context,
    tail: tail_events::Tail,
    accepted: Arc<Notify>,
}

/// `tail` is where live streams begin; `accepted` is told of events to be published.
pub(crate) fn server(context: Context, tail: tail_events::Tail, accepted: Arc<Notify>) -> EventServiceServer<Server> {
    let most = context.config.grpc.max_message_bytes;
    EventServiceServer::new(Server { context, tail, accepted }).max_decoding_message_size(most)
}

#[tonic::async_trait]
impl EventService for Server {
    type TailEventsStream = tail_events::Events;

    async fn list_events(&self, request: Request<wire::ListEventsRequest>) -> Result<Response<wire::ListEventsResponse>, Status> {
        list_events::list_events(&self.context, request.into_inner()).await.map(Response::new)
    }

    async fn get_conversation(
        &self,
        request: Request<wire::GetConversationRequest>,
    ) -> Result<Response<wire::GetConversationResponse>, Status> {
        get_conversation::get_conversation(&self.context, request.into_inner()).await.map(Response::new)
    }

    async fn tail_events(&self, request: Request<wire::TailEventsRequest>) -> Result<Response<Self::TailEventsStream>, Status> {
        tail_events::tail_events(&self.context, &self.tail, request.into_inner()).await.map(Response::new)
    }

    async fn publish_events(&self, request: Request<wire::PublishEventsRequest>) -> Result<Response<wire::PublishEventsResponse>, Status> {
        publish_events::publish_events(&self.context, &self.accepted, request).await
    }

    async fn list_event_types(
        &self,
        request: Request<wire::ListEventTypesRequest>,
    ) -> Result<Response<wire::ListEventTypesResponse>, Status> {
        list_event_types::list_event_types(&self.context.catalogue, request.get_ref()).map(Response::new)
    }

    async fn list_dead_letters(
        &self,
        request: Request<wire::ListDeadLettersRequest>,
    ) -> Result<Response<wire::ListDeadLettersResponse>, Status> {
        list_dead_letters::list_dead_letters(&self.context, request.into_inner()).await.map(Response::new)
    }

    async fn get_dead_letter(&self, request: Request<wire::GetDeadLetterRequest>) -> Result<Response<wire::GetDeadLetterResponse>, Status> {
        get_dead_letter::get_dead_letter(&self.context, request.into_inner()).await.map(Response::new)
    }

    async fn redrive_dead_letters(
        &self,
        request: Request<wire::RedriveDeadLettersRequest>,
    ) -> Result<Response<wire::RedriveDeadLettersResponse>, Status> {
        redrive_dead_letters::redrive_dead_letters(&self.context, request).await
    }

    async fn discard_dead_letters(
        &self,
        request: Request<wire::DiscardDeadLettersRequest>,
    ) -> Result<Response<wire::DiscardDeadLettersResponse>, Status> {
        discard_dead_letters::discard_dead_letters(&self.context, request).await
    }
}
