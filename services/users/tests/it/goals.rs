//! `SetGoal`, `GetGoal` and `AbandonGoal`.

use contracts_users::v1::{GoalAbandoned, GoalAchieved, GoalKind, GoalPeriod, GoalSet, GoalState, SetGoalRequest};
use testkit::Database;
use tonic::Code;

use crate::house::{House, run, wish};

testkit::on_both_databases! {
    a_goal_is_set_and_shown
    the_same_goal_again_changes_nothing
    another_goal_under_the_same_id_is_refused
    a_bad_wish_is_named
    a_goal_is_given_up_once
    what_is_achieved_for_good_is_not_given_up
    nobody_has_more_than_fifty_open_goals
}

fn weekly() -> SetGoalRequest {
    let wish = wish("ann", "g1", GoalKind::Distance, 20_000.0, GoalPeriod::Weekly);
    SetGoalRequest { name: "20 km a week".into(), time_zone: "Asia/Shanghai".into(), ..wish }
}

async fn a_goal_is_set_and_shown(database: Database) {
    let house = House::on(database).await;
    let (goal, _) = house.set(weekly()).await;
    assert_eq!((goal.kind(), goal.target, goal.period()), (GoalKind::Distance, 20_000.0, GoalPeriod::Weekly));
    assert_eq!(
        (goal.name.as_str(), goal.time_zone.as_str(), goal.state(), goal.current),
        ("20 km a week", "Asia/Shanghai", GoalState::Active, 0.0)
    );
    assert_eq!(house.find("g1").await.expect("a goal"), goal);
    let event: GoalSet = house.watch.first("ann").await;
    assert_eq!((event.goal_id.as_str(), event.goal), ("g1", Some(goal)));
    assert_eq!(house.find("g2").await.expect_err("none").code(), Code::NotFound);
    let (unnamed, _) = house.set(SetGoalRequest { goal_id: String::new(), period: 0, ..weekly() }).await;
    assert_eq!((unnamed.goal_id.is_empty(), unnamed.period()), (false, GoalPeriod::Once));
}

async fn the_same_goal_again_changes_nothing(database: Database) {
    let house = House::on(database).await;
    let (first, _) = house.set(weekly()).await;
    let (again, _) = house.set(weekly()).await;
    assert_eq!((again, house.process.logged("users").await), (first, 1));
}

async fn another_goal_under_the_same_id_is_refused(database: Database) {
    let house = House::on(database).await;
    house.set(weekly()).await;
    let other = SetGoalRequest { target: 10_000.0, ..weekly() };
    assert_eq!(house.client().set_goal(other).await.expect_err("refused").code(), Code::AlreadyExists);
    house.set(SetGoalRequest { user_id: "bob".into(), target: 10_000.0, ..weekly() }).await;
}

async fn a_bad_wish_is_named(database: Database) {
    let house = House::on(database).await;
    for (bad, field) in [
        (SetGoalRequest { user_id: String::new(), ..weekly() }, "user_id"),
        (SetGoalRequest { goal_id: "g 1".into(), ..weekly() }, "goal_id"),
        (SetGoalRequest { kind: 0, ..weekly() }, "kind"),
        (SetGoalRequest { kind: 99, ..weekly() }, "kind"),
        (SetGoalRequest { target: 0.0, ..weekly() }, "target"),
        (SetGoalRequest { target: -1.0, ..weekly() }, "target"),
        (SetGoalRequest { target: f64::NAN, ..weekly() }, "target"),
        (SetGoalRequest { period: 99, ..weekly() }, "period"),
        (SetGoalRequest { time_zone: "Mars/Base".into(), ..weekly() }, "time_zone"),
        (SetGoalRequest { name: "n".repeat(201), ..weekly() }, "name"),
    ] {
        let refused = house.client().set_goal(bad).await.expect_err("refused");
        assert_eq!((refused.code(), refused.message().starts_with(field)), (Code::InvalidArgument, true), "{field}: {refused:?}");
    }
    assert_eq!(house.process.logged("users").await, 0);
}

async fn a_goal_is_given_up_once(database: Database) {
    let house = House::on(database).await;
    let (_, set_at) = house.set(SetGoalRequest { target: 5_000.0, ..weekly() }).await;
    for _ in 0..2 {
        assert_eq!(house.abandon("g1").await.expect("given up").state(), GoalState::Abandoned);
    }
    let _: GoalAbandoned = house.watch.first("ann").await;
    assert_eq!(house.process.logged("users").await, 2);
    assert_eq!(house.abandon("g2").await.expect_err("none").code(), Code::NotFound);
    house.process.emit("workouts", run("w1", set_at)).await;
    house.expect_current("g1", 5_000.0).await;
    assert_eq!(house.process.logged("users").await, 2, "nobody wants to hear of it any more");
}

async fn what_is_achieved_for_good_is_not_given_up(database: Database) {
    let house = House::on(database).await;
    let (_, set_at) = house.set(wish("ann", "g1", GoalKind::Workouts, 1.0, GoalPeriod::Once)).await;
    house.process.emit("workouts", run("w1", set_at)).await;
    let _: GoalAchieved = house.watch.first("ann").await;
    assert_eq!(house.abandon("g1").await.expect_err("achieved").code(), Code::FailedPrecondition);
    assert_eq!(house.find("g1").await.expect("a goal").state(), GoalState::Achieved);
}

async fn nobody_has_more_than_fifty_open_goals(database: Database) {
    let house = House::on(database).await;
    for number in 0..50 {
        house.set(SetGoalRequest { goal_id: format!("g-{number}"), ..weekly() }).await;
    }
    let another = SetGoalRequest { goal_id: "one-more".into(), ..weekly() };
    assert_eq!(house.client().set_goal(another.clone()).await.expect_err("too many").code(), Code::FailedPrecondition);
    house.abandon("g-7").await.expect("given up");
    house.set(another).await;
}
