//! Between what travels and what the domain speaks of. Wire types stop here.

use contracts_users::v1 as wire;
use messaging::headers;
use service_host::status;
use tonic::Status;

use crate::domain::{Goal, Kind, MOST_OPEN, Period, Rejection, State};
use crate::reach::Standing;

/// A goal as somebody wishes it; INVALID_ARGUMENT naming the field.
pub(crate) fn wished(request: &wire::SetGoalRequest, goal_id: String, now_us: i64) -> Result<Goal, Status> {
    let kind = match request.kind() {
        wire::GoalKind::Unspecified => return Err(status::invalid_field("kind", "must be a kind of goal")),
        wire::GoalKind::Workouts => Kind::Workouts,
        wire::GoalKind::Distance => Kind::Distance,
        wire::GoalKind::Calories => Kind::Calories,
        wire::GoalKind::Duration => Kind::Duration,
    };
    let period = match request.period() {
        wire::GoalPeriod::Unspecified | wire::GoalPeriod::Once => Period::Once,
        wire::GoalPeriod::Weekly => Period::Weekly,
        wire::GoalPeriod::Monthly => Period::Monthly,
    };
    Ok(Goal {
        goal_id,
        user_id: request.user_id.clone(),
        kind,
        target: request.target,
        period,
        name: request.name.clone(),
        time_zone: request.time_zone.clone(),
        created_at_us: now_us,
        abandoned: false,
    })
}

/// A goal as it is shown.
pub(crate) fn goal(standing: &Standing) -> wire::Goal {
    let goal = &standing.goal;
    let kind = match goal.kind {
        Kind::Workouts => wire::GoalKind::Workouts,
        Kind::Distance => wire::GoalKind::Distance,
        Kind::Calories => wire::GoalKind::Calories,
        Kind::Duration => wire::GoalKind::Duration,
    };
    let period = match goal.period {
        Period::Once => wire::GoalPeriod::Once,
        Period::Weekly => wire::GoalPeriod::Weekly,
        Period::Monthly => wire::GoalPeriod::Monthly,
    };
    let state = match standing.state {
        State::Active => wire::GoalState::Active,
        State::Achieved => wire::GoalState::Achieved,
        State::Abandoned => wire::GoalState::Abandoned,
    };
    wire::Goal {
        goal_id: goal.goal_id.clone(),
        user_id: goal.user_id.clone(),
        kind: kind.into(),
        target: goal.target,
        period: period.into(),
        state: state.into(),
        current: standing.current,
        name: goal.name.clone(),
        time_zone: goal.time_zone.clone(),
        created_at: Some(headers::timestamp(goal.created_at_us)),
        achieved_at: standing.achieved_at_us.map(headers::timestamp),
    }
}

/// A state to filter by; `None` for any. INVALID_ARGUMENT for a number that stands for none.
pub(crate) fn state_asked(state: i32) -> Result<Option<State>, Status> {
    let known = wire::GoalState::try_from(state).map_err(|_| status::invalid_field("state", "is no state of a goal"))?;
    Ok(match known {
        wire::GoalState::Unspecified => None,
        wire::GoalState::Active => Some(State::Active),
        wire::GoalState::Achieved => Some(State::Achieved),
        wire::GoalState::Abandoned => Some(State::Abandoned),
    })
}

/// What a rejected wish is to a caller.
pub(crate) fn refused(rejection: Rejection) -> Status {
    match rejection {
        Rejection::Achieved => {
            let states = [("from", "achieved".to_owned()), ("to", "abandoned".to_owned())];
            status::failed_precondition("FORBIDDEN_TRANSITION", "a goal that is achieved cannot become abandoned", states)
        }
        Rejection::TooMany => {
            let message = format!("nobody can have more than {MOST_OPEN} goals at a time");
            status::failed_precondition("GOALS_TOO_MANY", &message, [("most", MOST_OPEN.to_string())])
        }
    }
}

/// NOT_FOUND.
pub(crate) fn not_found(goal_id: &str) -> Status {
    status::not_found("goal", goal_id)
}
