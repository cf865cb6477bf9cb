//! A new rule over what was there before it.

use contracts_achievements::v1::{ProgressUpdated, Rule, RuleKind, RuleSide};
use contracts_social::v1::{Liked, TargetKind};
use testkit::{Database, SOON, eventually};

use crate::gym::{Gym, completed, rule, target};

testkit::on_both_databases! {
    a_new_rule_meets_everybody_once_through_a_restart_and_with_new_events_coming
    a_new_rule_finds_streaks_and_likes
}

/// Two pages and a half.
const USERS: usize = 2_500;

async fn a_new_rule_meets_everybody_once_through_a_restart_and_with_new_events_coming(database: Database) {
    let mut gym = Gym::open(database).await;
    let user = |number: usize| format!("user-{number:04}");
    gym.say("workouts", (0..USERS).map(|number| completed(&user(number), "w1", "2026-11-20T06:30:00Z"))).await;
    eventually(SOON * 2, || async { (gym.everybody_told("first-workout").await.len() == USERS).then_some(()) }).await;

    gym.create(rule("starter", RuleKind::TotalDistance, 5_000.0)).await.expect("a rule");
    // Users of before and new ones, while the rule goes from page to page.
    let more = (0..USERS + 500).step_by(5).map(|number| completed(&user(number), "w2", "2026-11-21T06:30:00Z"));
    gym.say("workouts", more).await;
    eventually(SOON, || async { (gym.everybody_told("starter").await.len() >= 900).then_some(()) }).await;
    gym.process.restart().await;
    eventually(SOON * 2, || async { (gym.everybody_told("starter").await.len() == USERS + 100).then_some(()) }).await;
    gym.reaches(&user(USERS + 495), "starter", 5_000.0).await;
    gym.reaches(&user(5), "starter", 10_000.0).await;
    eventually(SOON, || async {
        let row = gym.process.store("achievements").row("SELECT COUNT(*) AS count FROM timers", store::params![]).await.expect("a count");
        (row.expect("a row").get::<i64>("count").expect("a count") == 0).then_some(())
    })
    .await;
    assert!(gym.everybody_told("starter").await.values().all(|times| *times == 1));
    assert!(gym.everybody_told("first-workout").await.values().all(|times| *times == 1));
}

async fn a_new_rule_finds_streaks_and_likes(database: Database) {
    let gym = Gym::open(database).await;
    let days = [3, 1, 2].map(|day| completed("ada", &format!("w{day}"), &format!("2026-11-0{day}T06:30:00Z")));
    gym.say("workouts", days).await;
    let liked = |who: &str| Liked { user_id: who.into(), target: target(TargetKind::Workout, "w1", "ada"), at: None };
    gym.say("social", ["bob", "eve"].map(liked)).await;
    gym.reaches("ada", "likes-10", 2.0).await;
    gym.streak_is("ada", 3, 3, "2026-11-03").await;
    gym.create(rule("three-days", RuleKind::ConsecutiveDays, 3.0)).await.expect("a rule");
    let likes = Rule { side: RuleSide::Received.into(), ..rule("liked", RuleKind::Likes, 4.0) };
    gym.create(likes).await.expect("a rule");
    gym.reaches("ada", "three-days", 3.0).await;
    assert_eq!(gym.reaches("ada", "liked", 2.0).await.percent, 50.0);
    let updated =
        eventually(SOON, || async { gym.watch.all::<ProgressUpdated>("ada").into_iter().find(|it| it.achievement_id == "liked") }).await;
    assert_eq!((updated.current, updated.percent), (2.0, 50.0));
    assert_eq!(gym.told("ada", "three-days").await, 1);
}
