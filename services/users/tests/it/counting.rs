//! What counts towards a goal, and when it is achieved.

use contracts_users::v1::{GoalAchieved, GoalKind, GoalPeriod, GoalState};
use contracts_workouts::v1::WorkoutCompleted;
use testkit::Database;

use crate::house::{House, WEEK, corrected, deleted, later, processed, run, wish};

testkit::on_both_databases! {
    a_goal_is_achieved_once_in_each_period
    a_goal_without_periods_is_achieved_once_for_good
    a_workout_counts_once_however_it_came
    a_correction_may_achieve_a_goal_and_never_takes_it_back
    a_deleted_workout_counts_no_more
    what_is_there_already_may_be_enough_at_once
    a_latecomer_counts_for_its_own_week
    each_kind_counts_its_own
}

async fn a_goal_is_achieved_once_in_each_period(database: Database) {
    let house = House::on(database).await;
    let (_, now) = house.set(wish("ann", "g1", GoalKind::Distance, 10_000.0, GoalPeriod::Weekly)).await;
    house.process.emit("workouts", run("w1", now)).await;
    house.expect_current("g1", 5_000.0).await;
    assert_eq!(house.find("g1").await.expect("a goal").state(), GoalState::Active);
    house.process.emit_all("workouts", vec![run("w2", now), run("w3", now)]).await;
    house.expect_current("g1", 15_000.0).await;
    let achieved: GoalAchieved = house.watch.first("ann").await;
    let goal = achieved.goal.expect("a goal");
    assert_eq!((goal.current, goal.state(), achieved.achieved_at.is_some()), (10_000.0, GoalState::Achieved, true));
    let shown = house.find("g1").await.expect("a goal");
    assert_eq!((shown.state(), shown.achieved_at), (GoalState::Achieved, achieved.achieved_at));

    let next = later(now, WEEK);
    house.process.emit_all("workouts", vec![run("w4", next), run("w5", next)]).await;
    let again: GoalAchieved = house.watch.nth("ann", 2).await;
    assert!(again.period_start > achieved.period_start, "{} {}", again.period_start, achieved.period_start);
    house.expect_current("g1", 15_000.0).await;
    assert_eq!(house.achieved().len(), 2);
}

async fn a_goal_without_periods_is_achieved_once_for_good(database: Database) {
    let house = House::on(database).await;
    let (_, now) = house.set(wish("ann", "g1", GoalKind::Workouts, 2.0, GoalPeriod::Once)).await;
    // One before it was set, and two after it.
    house.process.emit_all("workouts", vec![run("w0", later(now, -60)), run("w1", now)]).await;
    house.expect_current("g1", 1.0).await;
    house.process.emit_all("workouts", vec![run("w2", later(now, 4 * WEEK)), run("w3", later(now, 60))]).await;
    house.expect_current("g1", 3.0).await;
    let _: GoalAchieved = house.watch.first("ann").await;
    assert_eq!(house.achieved(), [("g1".to_owned(), String::new())]);
}

async fn a_workout_counts_once_however_it_came(database: Database) {
    let house = House::on(database).await;
    let (_, now) = house.set(wish("ann", "workouts", GoalKind::Workouts, 2.0, GoalPeriod::Weekly)).await;
    house.set(wish("ann", "metres", GoalKind::Distance, 1e6, GoalPeriod::Weekly)).await;
    house.process.emit("workouts", run("w1", now)).await;
    house.process.emit("workouts", processed("w1", now, 5_120.5)).await;
    house.expect_current("metres", 5_120.5).await;
    // Told again after its recording: that is known better.
    house.process.emit("workouts", run("w1", now)).await;
    assert_eq!(house.find("workouts").await.expect("a goal").current, 1.0);
    house.process.emit("workouts", processed("w2", now, 1.0)).await;
    house.expect_current("metres", 5_121.5).await;
    let _: GoalAchieved = house.watch.first("ann").await;
}

async fn a_correction_may_achieve_a_goal_and_never_takes_it_back(database: Database) {
    let house = House::on(database).await;
    let (_, now) = house.set(wish("ann", "g1", GoalKind::Distance, 6_000.0, GoalPeriod::Weekly)).await;
    house.process.emit("workouts", run("w1", now)).await;
    house.process.emit("workouts", corrected("w1", 6_000.0)).await;
    let _: GoalAchieved = house.watch.first("ann").await;
    house.process.emit("workouts", corrected("w1", 100.0)).await;
    house.expect_current("g1", 100.0).await;
    assert_eq!(house.find("g1").await.expect("a goal").state(), GoalState::Achieved);
    house.process.emit("workouts", corrected("w1", 7_000.0)).await;
    house.expect_current("g1", 7_000.0).await;
    assert_eq!(house.achieved().len(), 1);
}

async fn a_deleted_workout_counts_no_more(database: Database) {
    let house = House::on(database).await;
    let (_, now) = house.set(wish("ann", "g1", GoalKind::Distance, 10_000.0, GoalPeriod::Weekly)).await;
    house.process.emit("workouts", run("w1", now)).await;
    house.expect_current("g1", 5_000.0).await;
    house.process.emit("workouts", deleted("w1")).await;
    house.expect_current("g1", 0.0).await;
    // A recording of it that was under way comes too late.
    house.process.emit("workouts", processed("w1", now, 9_999.0)).await;
    house.process.emit("workouts", run("w2", now)).await;
    house.expect_current("g1", 5_000.0).await;
    assert!(house.achieved().is_empty());
}

async fn what_is_there_already_may_be_enough_at_once(database: Database) {
    let house = House::on(database).await;
    let (_, now) = house.set(wish("ann", "first", GoalKind::Workouts, 2.0, GoalPeriod::Weekly)).await;
    house.process.emit_all("workouts", vec![run("w1", now), run("w2", now), run("w3", later(now, -5 * WEEK))]).await;
    house.expect_current("first", 2.0).await;
    let (goal, _) = house.set(wish("ann", "second", GoalKind::Distance, 10_000.0, GoalPeriod::Weekly)).await;
    assert_eq!((goal.state(), goal.current), (GoalState::Achieved, 10_000.0));
    let (goal, _) = house.set(wish("ann", "third", GoalKind::Distance, 10_000.0, GoalPeriod::Once)).await;
    assert_eq!((goal.state(), goal.current), (GoalState::Active, 0.0), "without periods it begins now");
    let _: GoalAchieved = house.watch.nth("ann", 2).await;
    assert_eq!(house.achieved().iter().map(|(goal, _)| goal.as_str()).collect::<Vec<_>>(), ["first", "second"]);
}

async fn a_latecomer_counts_for_its_own_week(database: Database) {
    let house = House::on(database).await;
    let (_, now) = house.set(wish("ann", "g1", GoalKind::Workouts, 2.0, GoalPeriod::Weekly)).await;
    let next = later(now, WEEK);
    house.process.emit_all("workouts", vec![run("w1", now), run("w2", next), run("w3", later(now, -WEEK))]).await;
    house.expect_current("g1", 1.0).await;
    house.process.emit("workouts", run("w4", next)).await;
    let first: GoalAchieved = house.watch.first("ann").await;
    house.process.emit("workouts", run("w5", now)).await;
    let second: GoalAchieved = house.watch.nth("ann", 2).await;
    assert!(second.period_start < first.period_start, "this week was achieved after the next one");
    house.process.emit_all("workouts", vec![run("w6", later(now, -WEEK)), run("w7", now)]).await;
    house.expect_current("g1", 3.0).await;
    assert_eq!(house.achieved().len(), 2, "the week before the goal was set is none of its weeks");
}

async fn each_kind_counts_its_own(database: Database) {
    let house = House::on(database).await;
    let mut now = None;
    for kind in [GoalKind::Workouts, GoalKind::Distance, GoalKind::Calories, GoalKind::Duration] {
        now = Some(house.set(wish("ann", kind.as_str_name(), kind, 1e6, GoalPeriod::Monthly)).await.1);
    }
    let now = now.expect("a time");
    let with_all = WorkoutCompleted { calories_kcal: Some(320.0), ended_at: Some(later(now, 1_800)), ..run("w1", now) };
    house.process.emit("workouts", with_all).await;
    // Without calories and with pauses: what is absent adds nothing, and pauses are no exercise.
    house.process.emit("workouts", processed("w2", now, 1_000.0)).await;
    house.expect_current("GOAL_KIND_WORKOUTS", 2.0).await;
    let current = |kind: &'static str| async { house.find(kind).await.expect("a goal").current };
    assert_eq!(current("GOAL_KIND_DISTANCE").await, 6_000.0);
    assert_eq!(current("GOAL_KIND_CALORIES").await, 320.0);
    assert_eq!(current("GOAL_KIND_DURATION").await, 3_300.0);
}
