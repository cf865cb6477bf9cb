//! `ListGoals`.

use contracts_users::v1::{ListGoalsRequest, ListGoalsResponse};
use service_host::Context;
use service_host::command::{check, store_status};
use service_host::page::Page;
use service_host::status;
use store::{Store, StoreError};
use tonic::Status;

use crate::domain::State;
use crate::reach::{Standing, standing};
use crate::store::goals::{self, Which};
use crate::wire;

const PAGE: usize = 50;
const MOST: usize = 1_000;

/// Newest first, with progress in the current period. Where a state is asked for a page may hold fewer goals than asked: a goal with
/// periods is found to be active or achieved by the clock.
pub(crate) async fn list_goals(context: &Context, request: &ListGoalsRequest) -> Result<ListGoalsResponse, Status> {
    check(request)?;
    let state = wire::state_asked(request.state)?;
    let page = Page::parse(request.page_size, &request.page_token, &[&request.user_id, &request.state.to_string()], PAGE, MOST)?;
    let before = match page.after.as_deref().map(|after| after.split_once('/').unwrap_or_default()) {
        None => (i64::MAX, ""),
        Some((time, id)) => (time.parse().map_err(|_| status::invalid_field("page_token", "is not a token of this service"))?, id),
    };
    let which = match state {
        None => Which::All,
        Some(State::Active) => Which::Open,
        Some(State::Achieved) => Which::Kept,
        Some(State::Abandoned) => Which::Abandoned,
    };
    let failed = |error: StoreError| store_status(&error);
    let mut store: &Store = &context.store;
    let found = goals::page(store, &request.user_id, which, before, page.limit + 1).await.map_err(failed)?;
    let now = store.clock().now_us();
    let mut standings = Vec::with_capacity(found.len());
    for goal in found {
        standings.push(standing(&mut store, goal, now).await.map_err(failed)?);
    }
    let key = |standing: &Standing| format!("{}/{}", standing.goal.created_at_us, standing.goal.goal_id);
    let (mut goals, next_page_token) = page.cut(standings, key, |standing| wire::goal(&standing));
    goals.retain(|goal| state.is_none() || goal.state == request.state);
    Ok(ListGoalsResponse { goals, next_page_token })
}
