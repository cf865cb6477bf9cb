//! `AbandonGoal`.

use contracts_users::v1::{AbandonGoalRequest, AbandonGoalResponse, GoalAbandoned};
use service_host::{Context, command};
use tonic::{Request, Response, Status};

use crate::domain::{Goal, State};
use crate::reach::standing;
use crate::store::{goals, lock};
use crate::wire;

/// Twice is once.
pub(crate) async fn abandon_goal(context: &Context, request: Request<AbandonGoalRequest>) -> Result<Response<AbandonGoalResponse>, Status> {
    command::run(context, "users.AbandonGoal", request, AbandonGoalRequest::request_id, |request, cause, work| {
        Box::pin(async move {
            let AbandonGoalRequest { user_id, goal_id, .. } = request.as_ref().clone();
            lock(work, &user_id).await?;
            let goal = goals::get(work, &user_id, &goal_id).await?.ok_or_else(|| wire::not_found(&goal_id))?;
            let now = work.now_us();
            let before = standing(work, goal, now).await?;
            if before.goal.abandon(before.state == State::Achieved).map_err(wire::refused)? {
                goals::close(work, &before.goal, true).await?;
                work.emit(&cause, &GoalAbandoned { user_id, goal_id });
            }
            let after = standing(work, Goal { abandoned: true, ..before.goal }, now).await?;
            Ok(AbandonGoalResponse { goal: Some(wire::goal(&after)) })
        })
    })
    .await
}
