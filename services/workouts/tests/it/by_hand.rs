//! What devices' bridges publish, without a call and without headers.

use contracts_workouts::v1::{StartWorkoutRequest, WorkoutCompleted, WorkoutProcessed, WorkoutStatus};
use testkit::{Database, SOON, eventually};
use tonic::Code;

use crate::club::{Club, USER};

testkit::on_both_databases! {
    a_workout_told_by_hand_counts
    a_workout_counts_once_however_often_it_is_told
    a_workout_without_its_start_is_a_dead_letter_that_names_the_field
    a_time_zone_that_nobody_knows_is_refused_by_name
    what_is_told_of_a_workout_comes_together
    a_deletion_by_hand_is_for_good
    what_ends_before_it_starts_is_refused_at_the_door_and_holds_up_nobody
    a_correction_whose_times_cannot_be_corrects_the_rest
}

const RUN: &str = r#"{"workout_id":"w1","started_at":"2026-11-20T06:30:00Z","duration_s":1800,"distance_m":5000,"calories_kcal":320,"heart_rate_bpm":[120,150,150,120]}"#;

async fn a_workout_told_by_hand_counts(database: Database) {
    let club = Club::on(database).await;
    club.tell("completed", RUN).await;
    let processed: WorkoutProcessed = club.watch.first(USER).await;
    let metrics = processed.metrics.expect("metrics");
    assert_eq!((metrics.average_heart_rate_bpm, metrics.pace_s_per_km, metrics.moving_s), (Some(135.0), Some(360.0), None));
    club.totals_are(1, 5_000.0, 320.0, 1_800.0).await;
    let found = club.find("w1").await.expect("a workout").workout.expect("a workout");
    assert_eq!((found.status(), found.heart_rate_bpm), (WorkoutStatus::Completed, vec![120, 150, 150, 120]));
}

async fn a_workout_counts_once_however_often_it_is_told(database: Database) {
    let club = Club::on(database).await;
    club.tell("completed", RUN).await;
    club.tell("completed", RUN).await;
    // Another message, the same workout: the first word counts.
    let other = RUN.replace("5000", "6000");
    club.process.publish_with(&format!("ingest.workout.completed.{USER}"), &[("Nats-Msg-Id", "m-2")], other).await;
    club.settled().await;
    club.totals_are(1, 5_000.0, 320.0, 1_800.0).await;
    assert_eq!(club.watch.count("workout.processed"), 1);
    assert_eq!(club.process.dead_letters("workouts").await, []);
}

async fn a_workout_without_its_start_is_a_dead_letter_that_names_the_field(database: Database) {
    let club = Club::on(database).await;
    club.tell("completed", r#"{"workout_id":"w1","distance_m":5000}"#).await;
    let letter = eventually(SOON, || async { club.process.dead_letters("workouts").await.into_iter().next() }).await;
    assert!(letter.error.contains("started_at"), "{}", letter.error);
    assert_eq!(club.totals().await.total_workouts, 0);
    // It holds up nobody.
    club.tell("completed", RUN).await;
    club.totals_are(1, 5_000.0, 320.0, 1_800.0).await;
}

async fn a_time_zone_that_nobody_knows_is_refused_by_name(database: Database) {
    let club = Club::on(database).await;
    club.tell("completed", &RUN.replace("{", r#"{"time_zone":"Asia/Shangai","#)).await;
    let letter = eventually(SOON, || async { club.process.dead_letters("workouts").await.into_iter().next() }).await;
    assert_eq!(letter.error, "time_zone: must be an IANA time zone such as Asia/Shanghai");
    let request = StartWorkoutRequest { user_id: USER.into(), time_zone: "Asia/Shangai".into(), ..StartWorkoutRequest::default() };
    let refused = club.client().start_workout(request).await.expect_err("refused");
    assert_eq!((refused.code(), refused.message().starts_with("time_zone")), (Code::InvalidArgument, true), "{refused:?}");
}

async fn what_is_told_of_a_workout_comes_together(database: Database) {
    let club = Club::on(database).await;
    club.tell("started", r#"{"workout_id":"w1","type":"rowing","started_at":"2026-11-20T06:00:00Z","time_zone":"Asia/Shanghai"}"#).await;
    club.tell("completed", RUN).await;
    club.tell("updated", r#"{"workout_id":"w1","distance_m":5500,"title":"Lake"}"#).await;
    club.totals_are(1, 5_500.0, 320.0, 1_800.0).await;
    let found = club.find("w1").await.expect("a workout").workout.expect("a workout");
    assert_eq!((found.r#type.as_str(), found.title.as_str(), found.time_zone.as_str()), ("rowing", "Lake", "Asia/Shanghai"));
    assert_eq!(found.started_at.map(|at| at.to_string()), Some("2026-11-20T06:30:00Z".to_owned()), "as it was completed");
}

async fn a_deletion_by_hand_is_for_good(database: Database) {
    let club = Club::on(database).await;
    club.tell("deleted", r#"{"workout_id":"w1"}"#).await;
    club.tell("completed", RUN).await;
    club.tell("updated", r#"{"workout_id":"w1","distance_m":5500}"#).await;
    club.settled().await;
    assert_eq!(club.find("w1").await.expect_err("gone").code(), Code::NotFound);
    assert_eq!((club.totals().await.total_workouts, club.watch.count("workout.processed")), (0, 0));
    assert_eq!(club.process.dead_letters("workouts").await, []);
}

async fn what_ends_before_it_starts_is_refused_at_the_door_and_holds_up_nobody(database: Database) {
    let club = Club::on(database).await;
    let times = r#""started_at":"2026-11-20T07:00:00Z","ended_at":"2026-11-20T06:00:00Z""#;
    club.tell("completed", &format!(r#"{{"workout_id":"w0",{times},"distance_m":5000}}"#)).await;
    club.tell("updated", &format!(r#"{{"workout_id":"w1",{times}}}"#)).await;
    club.tell("completed", RUN).await;
    club.totals_are(1, 5_000.0, 320.0, 1_800.0).await;
    let letters = club.process.dead_letters("workouts").await;
    assert_eq!(letters.len(), 2);
    assert!(letters.iter().all(|letter| letter.error == "ended_at: must not be before started_at"), "{letters:?}");
    // Nobody else heard of them, so they count towards no goal and no achievement.
    let told: Vec<WorkoutCompleted> = club.watch.all(USER);
    assert_eq!(told.iter().map(|it| it.workout_id.as_str()).collect::<Vec<_>>(), ["w1"]);
    assert_eq!(club.watch.count("workout.updated"), 0);
}

async fn a_correction_whose_times_cannot_be_corrects_the_rest(database: Database) {
    let club = Club::on(database).await;
    club.tell("completed", RUN).await;
    club.tell("updated", r#"{"workout_id":"w1","ended_at":"2026-11-20T06:00:00Z","distance_m":5500}"#).await;
    club.tell("completed", &RUN.replace("w1", "w2")).await;
    club.totals_are(2, 10_500.0, 640.0, 3_600.0).await;
    assert_eq!(club.process.dead_letters("workouts").await, []);
}
