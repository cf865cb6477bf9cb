//! Where goals stand, and the moment they are reached.

use contracts_users::v1::GoalAchieved;
use messaging::{Cause, headers};
use store::{StoreError, Work};

use crate::domain::{Goal, Period, State};
use crate::store::{Ask, achieved, goals, workouts};
use crate::wire;

/// A goal with where it stands in one period.
#[derive(Clone, Debug)]
pub(crate) struct Standing {
    pub(crate) goal: Goal,
    pub(crate) state: State,
    /// In the kind's unit.
    pub(crate) current: f64,
    /// The last time, microseconds since 1970 UTC.
    pub(crate) achieved_at_us: Option<i64>,
}

/// Where a goal stands in the period around `at_us`.
pub(crate) async fn standing(ask: &mut impl Ask, goal: Goal, at_us: i64) -> Result<Standing, StoreError> {
    let Some(window) = goal.window(at_us) else {
        return Ok(Standing { state: goal.state(false), goal, current: 0.0, achieved_at_us: None });
    };
    let achieved = achieved::get(ask, &goal, &window.start).await?;
    let current = workouts::sums(ask, &goal.user_id, &window).await?.of(goal.kind);
    Ok(Standing { state: goal.state(achieved.in_period), goal, current, achieved_at_us: achieved.last_us })
}

/// Announces `user.goal_achieved` if what is counted in the period around `at_us` is enough, and was not before. Once for each period:
/// a correction that takes some of it away again takes nothing back.
pub(crate) async fn reach(work: &mut Work, cause: &Cause, goal: &Goal, at_us: i64) -> Result<(), StoreError> {
    let Some(window) = goal.window(at_us) else { return Ok(()) };
    let sums = workouts::sums(work, &goal.user_id, &window).await?;
    if !goal.is_reached(&sums) || achieved::get(work, goal, &window.start).await?.in_period {
        return Ok(());
    }
    achieved::add(work, goal, &window.start).await?;
    if goal.period == Period::Once {
        goals::close(work, goal, false).await?;
    }
    let now = work.now_us();
    let standing = Standing { goal: goal.clone(), state: State::Achieved, current: sums.of(goal.kind), achieved_at_us: Some(now) };
    let event = GoalAchieved {
        user_id: goal.user_id.clone(),
        goal_id: goal.goal_id.clone(),
        goal: Some(wire::goal(&standing)),
        period_start: window.start,
        achieved_at: Some(headers::timestamp(now)),
    };
    work.emit(cause, &event);
    Ok(())
}
