//! Workouts, told in all ways and orders, become counts, streaks and news.

use contracts_achievements::v1::{AchievementUnlocked, MilestoneReached, ProgressUpdated};
use contracts_users::v1::{GoalAchieved, UserProfileUpdated, UserRegistered};
use contracts_workouts::v1::{DataReference, Metrics, WorkoutDataUploaded, WorkoutDeleted, WorkoutProcessed, WorkoutUpdated};
use testkit::Database;

use crate::gym::{Gym, completed, moment};

testkit::on_both_databases! {
    a_workout_is_news_once_and_caused_by_what_was_told
    a_workout_by_hand_and_its_recording_are_one
    days_are_those_of_where_the_user_lives
    the_middle_day_closes_the_gap_and_opens_it_again
    a_correction_and_a_deletion_take_back_and_the_unlock_stays
    a_goal_counts_once_a_period
    what_cannot_be_read_is_a_dead_letter_and_others_flow
}

async fn a_workout_is_news_once_and_caused_by_what_was_told(database: Database) {
    let gym = Gym::open(database).await;
    let told = gym.process.watch("events.workout.>").await;
    gym.workout(completed("ada", "w1", "2026-11-20T06:30:00Z")).await;
    let unlocked: AchievementUnlocked = gym.watch.first("ada").await;
    assert_eq!(unlocked.achievement_id, "first-workout");
    assert_eq!((unlocked.achievement_name.as_str(), unlocked.icon.as_str()), ("First Workout", "🏅"));
    assert_eq!((unlocked.current, unlocked.target), (1.0, 1.0));
    gym.reaches("ada", "workouts-10", 1.0).await;
    let cause = &told.messages()[0];
    for seen in gym.watch.messages() {
        assert_eq!((&seen.correlation_id, &seen.causation_id), (&cause.correlation_id, &cause.id), "{seen:?}");
    }
    // The same again, and a second one: the percentage of the first rule stays, those of the others move.
    gym.workout(completed("ada", "w1", "2026-11-20T06:30:00Z")).await;
    gym.workout(completed("ada", "w2", "2026-11-20T18:30:00Z")).await;
    gym.reaches("ada", "workouts-10", 2.0).await;
    gym.reaches("ada", "first-workout", 2.0).await;
    let percents = |rule: &str| -> Vec<f64> {
        let all = gym.watch.all::<ProgressUpdated>("ada").into_iter();
        all.filter(|it| it.achievement_id == rule).map(|it| it.percent).collect()
    };
    gym.workout(completed("ada", "w3", "2026-11-20T19:30:00Z")).await;
    gym.reaches("ada", "workouts-10", 3.0).await;
    testkit::eventually(testkit::SOON, || async { (percents("workouts-10").len() == 3).then_some(()) }).await;
    assert_eq!((percents("first-workout"), percents("workouts-10")), (vec![100.0], vec![10.0, 20.0, 30.0]));
    assert_eq!(gym.told("ada", "first-workout").await, 1);
    let milestones = gym.watch.all::<MilestoneReached>("ada");
    let of = |rule: &str| milestones.iter().filter(|it| it.achievement_id == rule).map(|it| it.milestone).collect::<Vec<_>>();
    assert_eq!((of("first-workout"), of("workouts-10")), (vec![25, 50, 75], vec![25]));
    let [unlock] = &gym.unlocked("ada").await[..] else { panic!("one") };
    assert_eq!((unlock.achievement_id.as_str(), unlock.current, &unlock.unlocked_at), ("first-workout", 1.0, &unlocked.unlocked_at));
}

async fn a_workout_by_hand_and_its_recording_are_one(database: Database) {
    let gym = Gym::open(database).await;
    gym.workout(completed("ada", "w1", "2026-11-20T06:30:00Z")).await;
    let data = DataReference { bucket: "recordings".into(), object: "o1".into(), sha256: "0".repeat(64), ..DataReference::default() };
    for _ in 0..2 {
        let uploaded = WorkoutDataUploaded {
            user_id: "ada".into(),
            workout_id: "w1".into(),
            data: Some(data.clone()),
            ..WorkoutDataUploaded::default()
        };
        gym.process.emit("workouts", uploaded).await;
        let processed = WorkoutProcessed {
            user_id: "ada".into(),
            workout_id: "w1".into(),
            metrics: Some(Metrics { distance_m: Some(5_210.0), ..Metrics::default() }),
            started_at: Some(moment("2026-11-20T06:30:00Z")),
            ..WorkoutProcessed::default()
        };
        gym.process.emit("workouts", processed).await;
    }
    gym.workout(completed("ada", "w2", "2026-11-21T06:30:00Z")).await;
    gym.reaches("ada", "workouts-10", 2.0).await;
    gym.reaches("ada", "distance-100k", 10_210.0).await;
    gym.reaches("ada", "calories-10000", 640.0).await;
    gym.reaches("ada", "first-upload", 1.0).await;
    gym.streak_is("ada", 2, 2, "2026-11-21").await;
}

async fn days_are_those_of_where_the_user_lives(database: Database) {
    let gym = Gym::open(database).await;
    // In UTC one day; in Shanghai two. It is told before anybody knows where Ada lives.
    gym.workout(completed("ada", "w1", "2026-11-19T15:45:00Z")).await;
    gym.workout(completed("ada", "w2", "2026-11-19T16:15:00Z")).await;
    gym.streak_is("ada", 1, 1, "2026-11-19").await;
    let registered = UserRegistered { user_id: "ada".into(), time_zone: "Asia/Shanghai".into(), ..UserRegistered::default() };
    gym.process.emit("users", registered).await;
    gym.streak_is("ada", 2, 2, "2026-11-20").await;
    // To the other side of the world: 23:45 and, by what the watch says, still Shanghai.
    let moved = UserProfileUpdated { user_id: "ada".into(), time_zone: "America/Los_Angeles".into(), ..UserProfileUpdated::default() };
    gym.process.emit("users", moved).await;
    // A second stream: the move has to be known before the next workout is told.
    let sql = "SELECT zone FROM people WHERE user_id = 'ada'";
    testkit::eventually(testkit::SOON, || async {
        let row = gym.process.store("achievements").row(sql, store::params![]).await.expect("a row").expect("Ada");
        (row.get::<String>("zone").expect("a zone") == "America/Los_Angeles").then_some(())
    })
    .await;
    gym.workout(completed("ada", "w3", "2026-11-22T07:45:00Z")).await;
    gym.streak_is("ada", 3, 3, "2026-11-21").await;
    let watch =
        contracts_workouts::v1::WorkoutCompleted { time_zone: "Asia/Shanghai".into(), ..completed("ada", "w4", "2026-11-22T07:45:00Z") };
    gym.workout(watch).await;
    gym.streak_is("ada", 4, 4, "2026-11-22").await;
}

async fn the_middle_day_closes_the_gap_and_opens_it_again(database: Database) {
    let gym = Gym::open(database).await;
    for day in [16, 14, 15, 18, 20, 19] {
        gym.workout(completed("ada", &format!("w{day}"), &format!("2026-11-{day}T06:30:00Z"))).await;
    }
    gym.streak_is("ada", 3, 3, "2026-11-20").await;
    gym.workout(completed("ada", "w17", "2026-11-17T06:30:00Z")).await;
    gym.streak_is("ada", 7, 7, "2026-11-20").await;
    gym.process.emit("workouts", WorkoutDeleted { user_id: "ada".into(), workout_id: "w17".into(), deleted_at: None }).await;
    gym.streak_is("ada", 3, 3, "2026-11-20").await;
    assert_eq!(gym.reaches("ada", "streak-7", 3.0).await.percent, 3.0 / 7.0 * 100.0);
    assert!(gym.unlocked("ada").await.iter().any(|it| it.achievement_id == "streak-7" && it.current == 7.0), "it stays unlocked");
}

async fn a_correction_and_a_deletion_take_back_and_the_unlock_stays(database: Database) {
    let gym = Gym::open(database).await;
    gym.workout(contracts_workouts::v1::WorkoutCompleted { distance_m: Some(150_000.0), ..completed("ada", "w1", "2026-11-20T06:30:00Z") })
        .await;
    gym.reaches("ada", "distance-100k", 150_000.0).await;
    let corrected =
        WorkoutUpdated { user_id: "ada".into(), workout_id: "w1".into(), distance_m: Some(15_000.0), ..WorkoutUpdated::default() };
    gym.process.emit("workouts", corrected).await;
    assert_eq!(gym.reaches("ada", "distance-100k", 15_000.0).await.percent, 15.0);
    gym.process.emit("workouts", WorkoutDeleted { user_id: "ada".into(), workout_id: "w1".into(), deleted_at: None }).await;
    gym.reaches("ada", "distance-100k", 0.0).await;
    gym.workout(contracts_workouts::v1::WorkoutCompleted { distance_m: Some(150_000.0), ..completed("ada", "w2", "2026-11-20T06:30:00Z") })
        .await;
    gym.reaches("ada", "distance-100k", 150_000.0).await;
    assert_eq!(gym.told("ada", "distance-100k").await, 1);
    gym.streak_is("ada", 1, 1, "2026-11-20").await;
}

async fn a_goal_counts_once_a_period(database: Database) {
    let gym = Gym::open(database).await;
    let achieved = |period: &str| GoalAchieved {
        user_id: "ada".into(),
        goal_id: "weekly".into(),
        period_start: period.into(),
        ..GoalAchieved::default()
    };
    gym.say("users", ["2026-11-16", "2026-11-16", "2026-11-23"].map(achieved)).await;
    gym.reaches("ada", "first-goal", 2.0).await;
    assert_eq!(gym.told("ada", "first-goal").await, 1);
}

async fn what_cannot_be_read_is_a_dead_letter_and_others_flow(database: Database) {
    let gym = Gym::open(database).await;
    let broken = messaging::Envelope {
        id: messaging::root_id(),
        type_: "workout.completed".into(),
        kind: catalogue::Kind::Event,
        source: String::new(),
        key: "eve".into(),
        aggregate_type: "user".into(),
        time_us: 1,
        schema: "ensue.workouts.v1.WorkoutCompleted".into(),
        content_type: messaging::PROTOBUF.into(),
        correlation_id: "c".into(),
        causation_id: String::new(),
        sequence: 0,
        position: 0,
        trace: Default::default(),
        extensions: Default::default(),
        payload: "\u{7}no protobuf".into(),
    };
    let emit = gym.process.store("workouts").write::<_, store::StoreError, _>(move |work| {
        Box::pin(async move {
            work.emit_envelope(&messaging::Cause::root("c"), broken, None);
            Ok(())
        })
    });
    emit.await.expect("in the log");
    gym.workout(completed("eve", "w1", "2026-11-20T06:30:00Z")).await;
    gym.workout(completed("ada", "w1", "2026-11-20T06:30:00Z")).await;
    gym.reaches("ada", "first-workout", 1.0).await;
    let letters = testkit::eventually(testkit::SOON, || async {
        Some(gym.process.dead_letters("achievements").await).filter(|letters| !letters.is_empty())
    })
    .await;
    assert_eq!((letters[0].key.as_str(), letters[0].consumer.as_str()), ("eve", "achievements-count"));
    assert_eq!(gym.progress("eve", "first-workout").await.current, 0.0, "she waits for a decision");
}
