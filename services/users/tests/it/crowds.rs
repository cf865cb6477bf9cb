//! Many at once.

use std::collections::HashSet;

use contracts_users::v1::{GetGoalRequest, GoalAchieved, GoalKind, GoalPeriod};
use contracts_workouts::v1::WorkoutCompleted;
use testkit::{Database, SOON, eventually};

use crate::house::{House, later, run, wish};

testkit::on_both_databases! {
    a_goal_and_its_workout_at_the_same_moment_do_not_miss_one_another
    many_workouts_in_any_order_add_up_to_a_plain_count
}

async fn a_goal_and_its_workout_at_the_same_moment_do_not_miss_one_another(database: Database) {
    let house = House::on(database).await;
    let (_, now) = house.set(wish("ann", "g", GoalKind::Workouts, 9.0, GoalPeriod::Monthly)).await;
    let users: Vec<String> = (0..40).map(|number| format!("user-{number}")).collect();
    let setting: Vec<_> = users
        .iter()
        .map(|user| {
            let (mut client, wish) = (house.client(), house.at_noon(wish(user, "g", GoalKind::Workouts, 1.0, GoalPeriod::Monthly)));
            tokio::spawn(async move { client.set_goal(wish).await })
        })
        .collect();
    for user in &users {
        house.process.emit("workouts", WorkoutCompleted { user_id: user.clone(), ..run("w1", now) }).await;
    }
    for answer in setting {
        answer.await.expect("a task").expect("a goal");
    }
    for user in &users {
        let _: GoalAchieved = house.watch.first(user).await;
    }
    assert_eq!(house.watch.count("user.goal_achieved"), users.len());
}

async fn many_workouts_in_any_order_add_up_to_a_plain_count(database: Database) {
    let house = House::on(database).await;
    let users = 10_u32;
    let mut now = None;
    for user in 0..users {
        now = Some(house.set(wish(&format!("user-{user}"), "g", GoalKind::Distance, 100_000.0, GoalPeriod::Once)).await.1);
    }
    let now = now.expect("a time");
    // 600 workouts of 100 to 400 m, every twelfth told twice, strewn by a step that meets each number once.
    let told = (0..650_u32).map(|at| (at * 277) % 650 % 600);
    let distance = |number: u32| f64::from(number % 4 + 1) * 100.0;
    let workouts = told.map(|number| WorkoutCompleted {
        user_id: format!("user-{}", number % users),
        distance_m: Some(distance(number)),
        ..run(&format!("w-{number}"), later(now, i64::from(number)))
    });
    house.process.emit_all("workouts", workouts.collect()).await;
    for user in 0..users {
        let expected: f64 = (0..600_u32).filter(|number| number % users == user).map(distance).sum();
        let request = GetGoalRequest { user_id: format!("user-{user}"), goal_id: "g".into() };
        let same = eventually(SOON, || async {
            let goal = house.client().get_goal(request.clone()).await.expect("a goal").into_inner().goal.expect("a goal");
            (goal.current == expected).then_some(())
        });
        same.await;
    }
    let seen: HashSet<String> = house.watch.messages().into_iter().map(|seen| seen.type_).collect();
    assert_eq!(seen, HashSet::from(["user.goal_set".to_owned()]), "none is as far as 100 km");
}
