//! Follows and likes count for two people, who are not in one lane.

use std::time::Duration;

use contracts_social::v1::{Followed, Liked, TargetKind, Unfollowed};
use testkit::{Database, eventually};

use crate::gym::{Gym, completed, target};

testkit::on_both_databases! {
    both_sides_of_a_follow_count_and_an_unfollow_takes_back
    a_crowd_likes_one_persons_workouts_and_each_like_counts_once
    what_one_does_to_oneself_counts_for_nobody
}

fn followed(who: &str, whom: &str) -> Followed {
    Followed { user_id: who.into(), target: target(TargetKind::User, whom, ""), at: None }
}

fn liked(who: &str, what: &str, owner: &str) -> Liked {
    Liked { user_id: who.into(), target: target(TargetKind::Workout, what, owner), at: None }
}

async fn both_sides_of_a_follow_count_and_an_unfollow_takes_back(database: Database) {
    let gym = Gym::open(database).await;
    gym.say("social", [followed("ada", "bob"), followed("ada", "bob"), followed("eve", "bob")]).await;
    gym.reaches("bob", "followers-10", 2.0).await;
    gym.reaches("ada", "first-follow", 1.0).await;
    assert_eq!((gym.told("ada", "first-follow").await, gym.progress("bob", "first-follow").await.current), (1, 0.0));
    gym.say("social", [Unfollowed { user_id: "ada".into(), target: target(TargetKind::User, "bob", "bob"), at: None }]).await;
    gym.reaches("bob", "followers-10", 1.0).await;
    gym.reaches("ada", "first-follow", 0.0).await;
    gym.say("social", [followed("ada", "bob")]).await;
    gym.reaches("bob", "followers-10", 2.0).await;
    gym.reaches("ada", "first-follow", 1.0).await;
    assert_eq!(gym.told("ada", "first-follow").await, 1, "once for ever");
}

async fn a_crowd_likes_one_persons_workouts_and_each_like_counts_once(database: Database) {
    let gym = Gym::open(database).await;
    // 40 people in many lanes like both of Ada's workouts, each twice; meanwhile she goes on.
    for round in 0..4 {
        let fans: Vec<String> = (0..40).map(|number| format!("fan-{number}")).collect();
        let likes = fans.iter().map(|fan| gym.process.emit("social", liked(fan, &format!("w{}", round % 2), "ada")));
        let workouts = (0..5).map(|number| completed("ada", &format!("w{round}-{number}"), "2026-11-20T06:30:00Z"));
        futures::join!(futures::future::join_all(likes), gym.say("workouts", workouts));
    }
    gym.reaches("ada", "likes-10", 80.0).await;
    gym.reaches("ada", "workouts-10", 20.0).await;
    for rule in ["likes-10", "first-workout", "workouts-10"] {
        assert_eq!(gym.told("ada", rule).await, 1, "{rule}");
    }
    assert_eq!(gym.process.dead_letters("achievements").await, []);
}

async fn what_one_does_to_oneself_counts_for_nobody(database: Database) {
    let gym = Gym::open(database).await;
    gym.say("social", [liked("ada", "w1", "ada"), liked("ada", "w2", "bob"), liked("bob", "w1", "ada")]).await;
    gym.say("social", [Liked { user_id: "eve".into(), target: target(TargetKind::User, "ada", ""), at: None }]).await;
    gym.reaches("ada", "likes-10", 2.0).await;
    gym.reaches("bob", "likes-10", 1.0).await;
}

/// Two processes share the partitions of the actors; the one who is liked is everybody's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_count_for_one_person() {
    let Some(database) = Database::postgres().await else { return };
    let gym = Gym::open(database).await;
    let config = gym.process.config().clone();
    let services = vec![achievements::service(&config)];
    let second = service_host::start(
        config,
        catalogue::Catalogue::of([
            &contracts_achievements::CONTRACTS,
            &contracts_social::CONTRACTS,
            &contracts_users::CONTRACTS,
            &contracts_workouts::CONTRACTS,
        ])
        .expect("contracts"),
        services,
    )
    .await
    .expect("a second process");
    let handled = |hosted: &service_host::Hosted| hosted.consumers.iter().map(|consumer| consumer.state.handled()).sum::<u64>();
    let first = gym.process.running().service("achievements").expect("the first");
    let mut rounds = 0;
    // In rounds, until both have a share of it.
    eventually(Duration::from_secs(30), || {
        rounds += 1;
        let round = (0..50).map(|fan| liked(&format!("fan-{fan}"), &format!("w{rounds}"), "ada")).collect::<Vec<_>>();
        let both = &gym;
        let second = &second;
        async move {
            both.say("social", round).await;
            (handled(first) > 50 && handled(&second.services[0]) > 50).then_some(())
        }
    })
    .await;
    gym.reaches("ada", "likes-10", f64::from(rounds) * 50.0).await;
    assert_eq!(gym.told("ada", "likes-10").await, 1);
    second.stop().await;
    assert_eq!(gym.process.dead_letters("achievements").await, []);
}
