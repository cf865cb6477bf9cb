//! `SetGoal`.

use contracts_users::v1::{GoalSet, SetGoalRequest, SetGoalResponse};
use messaging::root_id;
use service_host::{Context, command, status};
use tonic::{Request, Response, Status};

use crate::domain;
use crate::reach::{reach, standing};
use crate::store::{goals, lock};
use crate::wire;

/// The same goal again changes nothing; another under its id is ALREADY_EXISTS. What is there already may be enough at once.
pub(crate) async fn set_goal(context: &Context, request: Request<SetGoalRequest>) -> Result<Response<SetGoalResponse>, Status> {
    command::run(context, "users.SetGoal", request, SetGoalRequest::request_id, |request, cause, work| {
        Box::pin(async move {
            let goal_id = if request.goal_id.is_empty() { root_id() } else { request.goal_id.clone() };
            let now = work.now_us();
            let wished = wire::wished(&request, goal_id, now)?;
            lock(work, &wished.user_id).await?;
            if let Some(known) = goals::get(work, &wished.user_id, &wished.goal_id).await? {
                if !known.is_same_wish(&wished) {
                    return Err(status::already_exists("goal", &wished.goal_id).into());
                }
                return Ok(SetGoalResponse { goal: Some(wire::goal(&standing(work, known, now).await?)) });
            }
            let open = goals::open(work, &wished.user_id).await?.len();
            domain::may_set(open).map_err(wire::refused)?;
            goals::add(work, &wished).await?;
            let set = standing(work, wished.clone(), now).await?;
            let (user_id, goal_id) = (wished.user_id.clone(), wished.goal_id.clone());
            work.emit(&cause, &GoalSet { user_id, goal_id, goal: Some(wire::goal(&set)) });
            reach(work, &cause, &wished, now).await?;
            Ok(SetGoalResponse { goal: Some(wire::goal(&standing(work, wished, now).await?)) })
        })
    })
    .await
}
