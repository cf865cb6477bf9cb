//! `ensue.users.v1.GoalService`: decode, call, encode.

use contracts_users::v1 as wire;
use contracts_users::v1::goal_service_server::{GoalService, GoalServiceServer};
use service_host::Context;
use tonic::{Request, Response, Status};

use crate::{commands, queries};

struct Goals(Context);

/// The server to be put behind the port.
pub(crate) fn server(context: Context) -> GoalServiceServer<impl GoalService> {
    let most = context.config.grpc.max_message_bytes;
    GoalServiceServer::new(Goals(context)).max_decoding_message_size(most)
}

#[tonic::async_trait]
impl GoalService for Goals {
    async fn set_goal(&self, request: Request<wire::SetGoalRequest>) -> Result<Response<wire::SetGoalResponse>, Status> {
        commands::set_goal(&self.0, request).await
    }

    async fn get_goal(&self, request: Request<wire::GetGoalRequest>) -> Result<Response<wire::GetGoalResponse>, Status> {
        queries::get_goal(&self.0, request.get_ref()).await.map(Response::new)
    }

    async fn list_goals(&self, request: Request<wire::ListGoalsRequest>) -> Result<Response<wire::ListGoalsResponse>, Status> {
        queries::list_goals(&self.0, request.get_ref()).await.map(Response::new)
    }

    async fn abandon_goal(&self, request: Request<wire::AbandonGoalRequest>) -> Result<Response<wire::AbandonGoalResponse>, Status> {
        commands::abandon_goal(&self.0, request).await
    }
}
