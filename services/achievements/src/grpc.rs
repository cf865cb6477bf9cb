//! `ensue.achievements.v1.AchievementService`: decode, call, encode.

use contracts_achievements::v1 as wire;
use contracts_achievements::v1::achievement_service_server::{AchievementService, AchievementServiceServer};
use service_host::Context;
use tonic::{Request, Response, Status};

use crate::{commands, queries};

struct Achievements(Context);

/// The server to be put behind the port.
pub fn server(context: Context) -> AchievementServiceServer<impl AchievementService> {
    let most = context.config.grpc.max_message_bytes;
    AchievementServiceServer::new(Achievements(context)).max_decoding_message_size(most)
}

#[tonic::async_trait]
impl AchievementService for Achievements {
    async fn list_rules(&self, request: Request<wire::ListRulesRequest>) -> Result<Response<wire::ListRulesResponse>, Status> {
        queries::list_rules(&self.0, request.into_inner()).await.map(Response::new)
    }

    async fn create_rule(&self, request: Request<wire::CreateRuleRequest>) -> Result<Response<wire::CreateRuleResponse>, Status> {
        commands::create_rule(&self.0, request).await
    }

    async fn retire_rule(&self, request: Request<wire::RetireRuleRequest>) -> Result<Response<wire::RetireRuleResponse>, Status> {
        commands::retire_rule(&self.0, request).await
    }

    async fn list_progress(&self, request: Request<wire::ListProgressRequest>) -> Result<Response<wire::ListProgressResponse>, Status> {
        queries::list_progress(&self.0, request.into_inner()).await.map(Response::new)
    }

    async fn list_unlocked(&self, request: Request<wire::ListUnlockedRequest>) -> Result<Response<wire::ListUnlockedResponse>, Status> {
        queries::list_unlocked(&self.0, request.into_inner()).await.map(Response::new)
    }

    async fn get_streak(&self, request: Request<wire::GetStreakRequest>) -> Result<Response<wire::GetStreakResponse>, Status> {
        queries::get_streak(&self.0, request.into_inner()).await.map(Response::new)
    }
}
