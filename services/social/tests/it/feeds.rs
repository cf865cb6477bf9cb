//! `ListFeed`: what those did whom one follows.

use contracts_achievements::v1::AchievementUnlocked;
use contracts_social::v1::{CommentRequest, FeedItem, ListFeedRequest, TargetKind, UnfollowRequest};
use contracts_workouts::v1::WorkoutProcessed;
use testkit::{Database, SOON, eventually};
use tonic::Code;

use crate::house::{House, completed, deleted, like, summary, target};

testkit::on_both_databases! {
    a_feed_shows_what_those_did_whom_one_follows
    a_workout_is_one_thing_however_many_events_tell_of_it
    a_deleted_workout_leaves_the_feed_with_what_is_about_it
    a_feed_has_pages
    of_each_user_the_newest_are_kept
}

fn processed(user: &str, workout: &str) -> WorkoutProcessed {
    WorkoutProcessed { user_id: user.into(), workout_id: workout.into(), ..WorkoutProcessed::default() }
}

async fn a_feed_shows_what_those_did_whom_one_follows(database: Database) {
    let house = House::on(database).await;
    house.follows("eve", "ann").await;
    house.follows("eve", "bob").await;
    house.process.emit("workouts", completed("ann", "w1")).await;
    house.process.emit("workouts", completed("cid", "w2")).await;
    let unlocked = AchievementUnlocked {
        user_id: "bob".into(),
        achievement_id: "first-5k".into(),
        achievement_name: "First 5 km".into(),
        ..AchievementUnlocked::default()
    };
    house.process.emit("achievements", unlocked).await;
    house.follows("ann", "cid").await;
    house.client().like(like("bob", target(TargetKind::Workout, "w1", "ann"))).await.expect("a like");
    let say =
        CommentRequest { user_id: "ann".into(), target: Some(target(TargetKind::User, "bob", "")), text: "hi".into(), request_id: None };
    house.client().comment(say).await.expect("a comment");
    let expected = [
        "social.commented ann bob",
        "social.liked bob w1",
        "social.followed ann cid",
        "achievement.unlocked bob first-5k",
        "workout.completed ann w1",
    ];
    house.expect_feed("eve", &expected).await;
    let feed = house.feed("eve").await;
    assert_eq!((feed[0].text.as_str(), feed[3].text.as_str(), feed[4].text.as_str()), ("hi", "First 5 km", ""));
    assert_eq!(feed[4].target, Some(target(TargetKind::Workout, "w1", "ann")));
    assert!(feed.is_sorted_by_key(|item| item.at.map(|at| std::cmp::Reverse((at.seconds, at.nanos)))));
    house.expect_feed("ann", &["workout.completed cid w2"]).await;

    let unfollow = UnfollowRequest { user_id: "eve".into(), target_user_id: "ann".into(), request_id: None };
    house.client().unfollow(unfollow).await.expect("an unfollow");
    assert_eq!(summary(&house.feed("eve").await), ["social.liked bob w1", "achievement.unlocked bob first-5k"], "at once");
}

async fn a_workout_is_one_thing_however_many_events_tell_of_it(database: Database) {
    let house = House::on(database).await;
    house.follows("eve", "ann").await;
    house.process.emit("workouts", completed("ann", "w1")).await;
    house.process.emit("workouts", processed("ann", "w1")).await;
    house.process.emit("workouts", processed("ann", "w2")).await;
    house.expect_feed("eve", &["workout.processed ann w2", "workout.completed ann w1"]).await;
}

async fn a_deleted_workout_leaves_the_feed_with_what_is_about_it(database: Database) {
    let house = House::on(database).await;
    house.follows("eve", "ann").await;
    house.follows("eve", "bob").await;
    let workout = target(TargetKind::Workout, "w1", "ann");
    house.process.emit("workouts", completed("ann", "w1")).await;
    house.process.emit("workouts", completed("bob", "w1")).await;
    house.client().like(like("bob", workout.clone())).await.expect("a like");
    house.expect_feed("eve", &["social.liked bob w1", "workout.completed bob w1", "workout.completed ann w1"]).await;

    house.process.emit("workouts", deleted("ann", "w1")).await;
    house.process.emit("workouts", processed("ann", "w1")).await;
    house.process.emit("workouts", completed("ann", "w2")).await;
    house.expect_feed("eve", &["workout.completed ann w2", "workout.completed bob w1"]).await;
    let refused = house.client().like(like("cid", workout)).await.expect_err("it is gone");
    assert_eq!(refused.code(), Code::NotFound);
}

async fn a_feed_has_pages(database: Database) {
    let house = House::on(database).await;
    let users = ["ann", "bob", "cid", "dan", "fay", "gus", "hal"];
    for user in users {
        house.follows("eve", user).await;
    }
    // More people than there is room on a page, and half of it at one time (in one transaction): neither must lose a thing.
    let of_all = |workouts: [&'static str; 2]| users.iter().flat_map(move |user| workouts.map(|workout| completed(user, workout)));
    house.process.emit_all("workouts", of_all(["w1", "w2"]).collect()).await;
    for workout in of_all(["w3", "w4"]) {
        house.process.emit("workouts", workout).await;
    }
    house.process.emit("workouts", deleted("gus", "w4")).await;
    let ask = |page_token: String| ListFeedRequest { user_id: "eve".into(), page_size: 3, page_token };
    let gone = |item: &FeedItem| item.user_id == "gus" && item.target.as_ref().is_some_and(|target| target.id == "w4");
    // Without the last that is there and with the one that goes, they are 27 too.
    eventually(SOON, || async {
        let feed = house.feed("eve").await;
        (feed.len() == 27 && !feed.iter().any(gone)).then_some(())
    })
    .await;
    let (mut seen, mut token) = (Vec::new(), String::new());
    loop {
        let page = house.client().list_feed(ask(token)).await.expect("a page").into_inner();
        assert!(page.items.len() <= 3);
        seen.extend(page.items);
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    let feed = house.feed("eve").await;
    assert_eq!(seen, feed);
    assert!(feed.is_sorted_by_key(|item| item.at.map(|at| std::cmp::Reverse((at.seconds, at.nanos)))));
    let other = ListFeedRequest { page_token: "x".into(), ..ask(String::new()) };
    assert_eq!(house.client().list_feed(other).await.expect_err("refused").code(), Code::InvalidArgument);
}

async fn of_each_user_the_newest_are_kept(database: Database) {
    let house = House::on(database).await;
    house.follows("eve", "ann").await;
    for half in [0..150, 150..300] {
        house.process.emit_all("workouts", half.map(|number| completed("ann", &format!("w-{number}"))).collect()).await;
    }
    house.process.emit("workouts", completed("ann", "last")).await;
    let request = ListFeedRequest { user_id: "eve".into(), page_size: 1_000, page_token: String::new() };
    let feed = eventually(SOON, || async {
        let items = house.client().list_feed(request.clone()).await.expect("a feed").into_inner().items;
        items.first().is_some_and(|item| item.target.as_ref().is_some_and(|target| target.id == "last")).then_some(items)
    });
    let feed = feed.await;
    assert_eq!(feed.len(), 200);
    let number = |name: &str| name.strip_prefix("w-").and_then(|number| number.parse::<u32>().ok());
    let newer = feed.iter().filter_map(|item| number(&item.target.as_ref()?.id)).filter(|number| *number >= 150).count();
    assert_eq!(newer, 150, "the second half is newer, and all of it is kept");
}
