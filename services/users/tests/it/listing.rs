//! `ListGoals`.

use contracts_users::v1::{Goal, GoalAchieved, GoalKind, GoalPeriod, GoalState, ListGoalsRequest};
use testkit::Database;
use tonic::Code;

use crate::house::{House, run, wish};

testkit::on_both_databases! {
    goals_are_listed_newest_first_in_pages
    goals_are_listed_by_where_they_stand
}

fn ids(goals: &[Goal]) -> Vec<&str> {
    goals.iter().map(|goal| goal.goal_id.as_str()).collect()
}

fn all() -> ListGoalsRequest {
    ListGoalsRequest { user_id: "ann".into(), ..ListGoalsRequest::default() }
}

async fn goals_are_listed_newest_first_in_pages(database: Database) {
    let house = House::on(database).await;
    for goal in ["g1", "g2", "g3"] {
        house.set(wish("ann", goal, GoalKind::Workouts, 1.0, GoalPeriod::Once)).await;
    }
    house.set(wish("bob", "g1", GoalKind::Workouts, 1.0, GoalPeriod::Once)).await;
    let first = house.client().list_goals(ListGoalsRequest { page_size: 2, ..all() }).await.expect("a page").into_inner();
    assert_eq!(ids(&first.goals), ["g3", "g2"]);
    let next = ListGoalsRequest { page_size: 2, page_token: first.next_page_token, ..all() };
    let last = house.client().list_goals(next.clone()).await.expect("a page").into_inner();
    assert_eq!((ids(&last.goals), last.next_page_token.as_str()), (vec!["g1"], ""));
    for bad in [
        ListGoalsRequest { user_id: "bob".into(), ..next },
        ListGoalsRequest { page_token: "x".into(), ..all() },
        ListGoalsRequest { page_size: -1, ..all() },
        ListGoalsRequest { state: 99, ..all() },
    ] {
        assert_eq!(house.client().list_goals(bad).await.expect_err("refused").code(), Code::InvalidArgument);
    }
}

async fn goals_are_listed_by_where_they_stand(database: Database) {
    let house = House::on(database).await;
    house.set(wish("ann", "active", GoalKind::Workouts, 9.0, GoalPeriod::Weekly)).await;
    house.set(wish("ann", "given-up", GoalKind::Workouts, 1.0, GoalPeriod::Weekly)).await;
    house.abandon("given-up").await.expect("given up");
    house.set(wish("ann", "this-week", GoalKind::Workouts, 1.0, GoalPeriod::Weekly)).await;
    let (_, now) = house.set(wish("ann", "for-good", GoalKind::Workouts, 1.0, GoalPeriod::Once)).await;
    house.process.emit("workouts", run("w1", now)).await;
    let _: GoalAchieved = house.watch.nth("ann", 2).await;
    for (state, expected) in [
        (GoalState::Unspecified, vec!["for-good", "this-week", "given-up", "active"]),
        (GoalState::Active, vec!["active"]),
        (GoalState::Achieved, vec!["for-good", "this-week"]),
        (GoalState::Abandoned, vec!["given-up"]),
    ] {
        let found = house.client().list_goals(ListGoalsRequest { state: state.into(), ..all() }).await.expect("a page").into_inner();
        assert_eq!(ids(&found.goals), expected, "{state:?}");
    }
}
