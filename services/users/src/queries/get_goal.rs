//! `GetGoal`.

use contracts_users::v1::{GetGoalRequest, GetGoalResponse};
use service_host::Context;
use service_host::command::{check, store_status};
use store::Store;
use tonic::Status;

use crate::reach::standing;
use crate::store::goals;
use crate::wire;

/// With progress in the current period; NOT_FOUND where there is none.
pub(crate) async fn get_goal(context: &Context, request: &GetGoalRequest) -> Result<GetGoalResponse, Status> {
    check(request)?;
    let mut store: &Store = &context.store;
    let goal = goals::get(&mut store, &request.user_id, &request.goal_id).await.map_err(|error| store_status(&error))?;
    let goal = goal.ok_or_else(|| wire::not_found(&request.goal_id))?;
    let now = store.clock().now_us();
    let standing = standing(&mut store, goal, now).await.map_err(|error| store_status(&error))?;
    Ok(GetGoalResponse { goal: Some(wire::goal(&standing)) })
}
