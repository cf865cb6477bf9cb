//! `ensue.social.v1.SocialService`: decode, call, encode.

use contracts_social::v1 as wire;
use contracts_social::v1::social_service_server::{SocialService, SocialServiceServer};
use service_host::Context;
use tonic::{Request, Response, Status};

use crate::{commands, queries};

struct Social(Context);

/// The server to be put behind the port.
pub(crate) fn server(context: Context) -> SocialServiceServer<impl SocialService> {
    let most = context.config.grpc.max_message_bytes;
    SocialServiceServer::new(Social(context)).max_decoding_message_size(most)
}

#[tonic::async_trait]
impl SocialService for Social {
    async fn follow(&self, request: Request<wire::FollowRequest>) -> Result<Response<wire::FollowResponse>, Status> {
        commands::follow(&self.0, request).await
    }

    async fn unfollow(&self, request: Request<wire::UnfollowRequest>) -> Result<Response<wire::UnfollowResponse>, Status> {
        commands::unfollow(&self.0, request).await
    }

    async fn like(&self, request: Request<wire::LikeRequest>) -> Result<Response<wire::LikeResponse>, Status> {
        commands::like(&self.0, request).await
    }

    async fn comment(&self, request: Request<wire::CommentRequest>) -> Result<Response<wire::CommentResponse>, Status> {
        commands::comment(&self.0, request).await
    }

    async fn list_followers(&self, request: Request<wire::ListFollowersRequest>) -> Result<Response<wire::ListFollowersResponse>, Status> {
        queries::list_followers(&self.0, request.get_ref()).await.map(Response::new)
    }

    async fn list_following(&self, request: Request<wire::ListFollowingRequest>) -> Result<Response<wire::ListFollowingResponse>, Status> {
        queries::list_following(&self.0, request.get_ref()).await.map(Response::new)
    }

    async fn list_comments(&self, request: Request<wire::ListCommentsRequest>) -> Result<Response<wire::ListCommentsResponse>, Status> {
        queries::list_comments(&self.0, request.get_ref()).await.map(Response::new)
    }

    async fn list_feed(&self, request: Request<wire::ListFeedRequest>) -> Result<Response<wire::ListFeedResponse>, Status> {
        queries::list_feed(&self.0, request.get_ref()).await.map(Response::new)
    }
}
