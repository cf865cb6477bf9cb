//! Starting, completing, correcting, deleting, looking: by calls.

use contracts_workouts::v1::{
    CompleteWorkoutRequest, DeleteWorkoutRequest, GetWorkoutRequest, ListWorkoutsRequest, StartWorkoutRequest, UpdateWorkoutRequest,
    Workout, WorkoutCompleted, WorkoutDeleted, WorkoutProcessed, WorkoutStarted, WorkoutStatus, WorkoutUpdated,
};
use prost_types::Timestamp;
use testkit::Database;
use tonic::Code;

use crate::club::{Club, USER};

testkit::on_both_databases! {
    a_workout_is_started_and_completed
    a_request_is_done_once
    a_correction_changes_what_it_amounts_to
    a_corrected_end_corrects_the_duration
    a_deleted_workout_does_not_count_and_stays_deleted
    what_a_call_has_done_is_not_done_again_when_its_event_is_read
    workouts_are_listed_latest_first_in_pages
    a_page_of_long_workouts_is_not_too_long_for_its_reader
    what_cannot_be_is_refused_by_name
    two_users_may_have_workouts_of_one_name
}

fn at(second: i64) -> Option<Timestamp> {
    Some(Timestamp { seconds: 1_700_000_000 + second, nanos: 0 })
}

fn start(workout: &str) -> StartWorkoutRequest {
    StartWorkoutRequest {
        user_id: USER.into(),
        workout_id: workout.into(),
        r#type: "running".into(),
        started_at: at(0),
        time_zone: "Asia/Shanghai".into(),
        ..StartWorkoutRequest::default()
    }
}

fn complete(workout: &str, second: i64, distance_m: f64) -> CompleteWorkoutRequest {
    CompleteWorkoutRequest {
        user_id: USER.into(),
        workout_id: workout.into(),
        started_at: at(second),
        duration_s: Some(600.0),
        distance_m: Some(distance_m),
        calories_kcal: Some(100.0),
        ..CompleteWorkoutRequest::default()
    }
}

impl Club {
    async fn complete(&self, request: CompleteWorkoutRequest) -> Result<Workout, tonic::Status> {
        Ok(self.client().complete_workout(request).await?.into_inner().workout.expect("a workout"))
    }

    async fn delete(&self, workout: &str) -> Result<(), tonic::Status> {
        let request = DeleteWorkoutRequest { user_id: USER.into(), workout_id: workout.into(), ..DeleteWorkoutRequest::default() };
        self.client().delete_workout(request).await.map(drop)
    }
}

async fn a_workout_is_started_and_completed(database: Database) {
    let club = Club::on(database).await;
    let started = club.client().start_workout(start("w-1")).await.expect("started").into_inner().workout.expect("a workout");
    assert_eq!((started.status(), started.metrics.clone().map(|it| it.zones.len())), (WorkoutStatus::Started, Some(0)), "a metrics row");
    assert_eq!(club.totals().await.total_workouts, 0);
    let told: WorkoutStarted = club.watch.first(USER).await;
    assert_eq!((told.r#type.as_str(), told.time_zone.as_str()), ("running", "Asia/Shanghai"));

    let request = CompleteWorkoutRequest { started_at: None, heart_rate_bpm: vec![120, 150], ..complete("w-1", 0, 2_000.0) };
    let completed = club.complete(request).await.expect("completed");
    assert_eq!((completed.status(), completed.started_at, completed.r#type.as_str()), (WorkoutStatus::Completed, at(0), "running"));
    let metrics = completed.metrics.expect("metrics");
    assert_eq!((metrics.average_heart_rate_bpm, metrics.pace_s_per_km), (Some(135.0), Some(300.0)));
    let told: WorkoutCompleted = club.watch.first(USER).await;
    assert_eq!((told.started_at, told.distance_m, told.heart_rate_bpm), (at(0), Some(2_000.0), vec![120, 150]));
    let processed: WorkoutProcessed = club.watch.first(USER).await;
    assert_eq!((processed.metrics, processed.started_at), (Some(metrics), at(0)));
    club.totals_are(1, 2_000.0, 100.0, 600.0).await;
    assert_eq!(club.totals().await.last_workout_at, at(0));
}

async fn a_request_is_done_once(database: Database) {
    let club = Club::on(database).await;
    let request = StartWorkoutRequest { workout_id: String::new(), request_id: Some("r-1".into()), ..start("") };
    let first = club.client().start_workout(request.clone()).await.expect("started").into_inner();
    let again = club.client().start_workout(request.clone()).await.expect("the first answer").into_inner();
    assert_eq!(first, again);
    let other = StartWorkoutRequest { title: "another".into(), ..request };
    assert_eq!(club.client().start_workout(other).await.expect_err("another body").code(), Code::AlreadyExists);

    let before = club.process.logged("workouts").await;
    club.client().start_workout(start(&first.workout.expect("a workout").workout_id)).await.expect("the same words");
    assert_eq!(club.process.logged("workouts").await, before);
}

async fn a_correction_changes_what_it_amounts_to(database: Database) {
    let club = Club::on(database).await;
    club.complete(complete("w-1", 0, 2_000.0)).await.expect("completed");
    let correct = UpdateWorkoutRequest {
        user_id: USER.into(),
        workout_id: "w-1".into(),
        distance_m: Some(2_500.0),
        title: Some("Round the lake".into()),
        started_at: at(-10),
        ..UpdateWorkoutRequest::default()
    };
    let corrected = club.client().update_workout(correct.clone()).await.expect("corrected").into_inner().workout.expect("a workout");
    assert_eq!((corrected.distance_m, corrected.title.as_str(), corrected.calories_kcal), (Some(2_500.0), "Round the lake", Some(100.0)));
    let told: WorkoutUpdated = club.watch.first(USER).await;
    assert_eq!((told.distance_m, told.calories_kcal), (Some(2_500.0), None), "what was corrected, and no more");
    let processed: WorkoutProcessed = club.watch.nth(USER, 2).await;
    assert_eq!(processed.metrics.expect("metrics").average_speed_mps, Some(2_500.0 / 600.0));
    club.totals_are(1, 2_500.0, 100.0, 600.0).await;
    assert_eq!(club.totals().await.last_workout_at, at(-10));

    let before = club.process.logged("workouts").await;
    club.client().update_workout(correct.clone()).await.expect("once more");
    assert_eq!(club.process.logged("workouts").await, before, "nothing is new");
    let unknown = UpdateWorkoutRequest { workout_id: "w-2".into(), ..correct };
    assert_eq!(club.client().update_workout(unknown).await.expect_err("none").code(), Code::NotFound);
}

async fn a_corrected_end_corrects_the_duration(database: Database) {
    let club = Club::on(database).await;
    club.complete(complete("w-1", 0, 2_000.0)).await.expect("completed");
    let correct =
        UpdateWorkoutRequest { user_id: USER.into(), workout_id: "w-1".into(), ended_at: at(900), ..UpdateWorkoutRequest::default() };
    let corrected = club.client().update_workout(correct).await.expect("corrected").into_inner().workout.expect("a workout");
    assert_eq!((corrected.ended_at, corrected.duration_s), (at(900), Some(900.0)));
    let processed: WorkoutProcessed = club.watch.nth(USER, 2).await;
    assert_eq!(processed.metrics.expect("metrics").elapsed_s, Some(900.0));
    club.totals_are(1, 2_000.0, 100.0, 900.0).await;
}

async fn a_deleted_workout_does_not_count_and_stays_deleted(database: Database) {
    let club = Club::on(database).await;
    club.complete(complete("w-1", 0, 1_000.0)).await.expect("completed");
    club.complete(complete("w-2", 60, 2_000.0)).await.expect("completed");
    assert_eq!(club.totals().await.last_workout_at, at(60));
    club.delete("w-2").await.expect("deleted");
    let told: WorkoutDeleted = club.watch.first(USER).await;
    assert_eq!(told.workout_id, "w-2");
    club.totals_are(1, 1_000.0, 100.0, 600.0).await;
    assert_eq!(club.totals().await.last_workout_at, at(0), "the one before it");

    club.delete("w-2").await.expect("again is fine");
    assert_eq!(club.find("w-2").await.expect_err("gone").code(), Code::NotFound);
    assert_eq!(club.complete(complete("w-2", 60, 2_000.0)).await.expect_err("gone").code(), Code::FailedPrecondition);
    assert_eq!(club.client().start_workout(start("w-2")).await.expect_err("gone").code(), Code::FailedPrecondition);
    assert_eq!(club.upload("w-2", "garmin-fenix-5-run.fit").await.expect_err("gone").code(), Code::FailedPrecondition);
    club.tell("completed", r#"{"workout_id":"w-2","started_at":"2026-11-20T06:30:00Z","distance_m":7}"#).await;
    club.settled().await;
    club.totals_are(1, 1_000.0, 100.0, 600.0).await;
    assert_eq!(club.delete("w-3").await.expect_err("none").code(), Code::NotFound);
}

async fn what_a_call_has_done_is_not_done_again_when_its_event_is_read(database: Database) {
    let club = Club::on(database).await;
    club.complete(complete("w-1", 0, 1_000.0)).await.expect("completed");
    let correct = |distance_m| UpdateWorkoutRequest {
        user_id: USER.into(),
        workout_id: "w-1".into(),
        distance_m: Some(distance_m),
        ..UpdateWorkoutRequest::default()
    };
    for distance_m in [1_100.0, 1_200.0, 1_300.0] {
        club.client().update_workout(correct(distance_m)).await.expect("corrected");
    }
    let before = club.process.logged("workouts").await;
    club.settled().await;
    assert_eq!(club.process.logged("workouts").await, before + 1, "the mark, and no echo");
    assert_eq!(club.totals().await.total_distance_m, 1_300.0);
}

async fn workouts_are_listed_latest_first_in_pages(database: Database) {
    let club = Club::on(database).await;
    for (number, second) in [(1, 30), (2, 10), (3, 20)] {
        let r#type = if number == 3 { "cycling" } else { "running" };
        let request = CompleteWorkoutRequest { r#type: r#type.into(), ..complete(&format!("w-{number}"), second, 1.0) };
        club.complete(request).await.expect("completed");
    }
    club.complete(complete("w-4", 40, 1.0)).await.expect("completed");
    club.delete("w-4").await.expect("deleted");
    let list = |request: ListWorkoutsRequest| async {
        let answer = club.client().list_workouts(request).await?.into_inner();
        let ids: Vec<String> = answer.workouts.into_iter().map(|workout| workout.workout_id).collect();
        Ok::<_, tonic::Status>((ids, answer.next_page_token))
    };
    let all = || ListWorkoutsRequest { user_id: USER.into(), ..ListWorkoutsRequest::default() };
    let (first, token) = list(ListWorkoutsRequest { page_size: 2, ..all() }).await.expect("a page");
    assert_eq!(first, ["w-1", "w-3"]);
    let next = ListWorkoutsRequest { page_size: 2, page_token: token, ..all() };
    assert_eq!(list(next.clone()).await.expect("a page"), (vec!["w-2".to_owned()], String::new()));
    let running = list(ListWorkoutsRequest { r#type: "running".into(), ..all() }).await.expect("a page");
    assert_eq!(running.0, ["w-1", "w-2"]);
    let between = list(ListWorkoutsRequest { from: at(10), to: at(30), ..all() }).await.expect("a page");
    assert_eq!(between.0, ["w-3", "w-2"]);
    let nobody = list(ListWorkoutsRequest { user_id: "user-2".into(), ..all() }).await.expect("a page");
    assert_eq!(nobody.0, [""; 0]);
    for bad in [
        ListWorkoutsRequest { user_id: String::new(), ..all() },
        ListWorkoutsRequest { page_size: -1, ..all() },
        ListWorkoutsRequest { r#type: "running".into(), ..next },
    ] {
        assert_eq!(list(bad.clone()).await.expect_err("refused").code(), Code::InvalidArgument, "{bad:?}");
    }
}

async fn a_page_of_long_workouts_is_not_too_long_for_its_reader(database: Database) {
    let club = Club::on(database).await;
    // 400,000 bytes each: ten of them are more than the 4 MiB that a client takes.
    for number in 0..12 {
        let request = CompleteWorkoutRequest { heart_rate_bpm: vec![150; 200_000], ..complete(&format!("w-{number}"), number, 1.0) };
        club.complete(request).await.expect("completed");
    }
    let all = ListWorkoutsRequest { user_id: USER.into(), ..ListWorkoutsRequest::default() };
    let listed = club.client().list_workouts(all).await.expect("a page").into_inner();
    assert_eq!((listed.workouts.len(), listed.next_page_token.as_str()), (12, ""));
    assert!(listed.workouts.iter().all(|workout| workout.heart_rate_bpm.is_empty()));
    let metrics = listed.workouts[0].metrics.as_ref().expect("metrics");
    assert_eq!(metrics.max_heart_rate_bpm, Some(150.0));
    let found = club.find("w-0").await.expect("a workout").workout.expect("a workout");
    assert_eq!(found.heart_rate_bpm.len(), 200_000);
}

async fn what_cannot_be_is_refused_by_name(database: Database) {
    let club = Club::on(database).await;
    for (field, request) in [
        ("started_at", CompleteWorkoutRequest { started_at: None, ..complete("w-1", 0, 1.0) }),
        ("ended_at", CompleteWorkoutRequest { ended_at: at(-1), ..complete("w-1", 0, 1.0) }),
        ("distance_m", complete("w-1", 0, -1.0)),
        ("heart_rate_bpm", CompleteWorkoutRequest { heart_rate_bpm: vec![301], ..complete("w-1", 0, 1.0) }),
        ("workout_id", complete("w 1", 0, 1.0)),
    ] {
        let refused = club.complete(request).await.expect_err(field);
        assert_eq!(refused.code(), Code::InvalidArgument, "{field}");
        assert!(refused.message().contains(field), "{field}: {}", refused.message());
    }
    assert_eq!(club.process.logged("workouts").await, 0);
    club.complete(complete("w-1", 0, 1.0)).await.expect("completed");
    let other = club.complete(complete("w-1", 0, 2.0)).await.expect_err("completed with other words");
    assert_eq!(other.code(), Code::FailedPrecondition);
}

async fn two_users_may_have_workouts_of_one_name(database: Database) {
    let club = Club::on(database).await;
    club.complete(complete("w-1", 0, 1.0)).await.expect("completed");
    club.complete(CompleteWorkoutRequest { user_id: "user-2".into(), ..complete("w-1", 0, 2.0) }).await.expect("completed");
    assert_eq!(club.find("w-1").await.expect_err("whose?").code(), Code::InvalidArgument);
    for (user, distance_m) in [(USER, 1.0), ("user-2", 2.0)] {
        let request = GetWorkoutRequest { workout_id: "w-1".into(), user_id: user.into(), ..GetWorkoutRequest::default() };
        let found = club.client().get_workout(request).await.expect("a workout").into_inner().workout.expect("a workout");
        assert_eq!(found.distance_m, Some(distance_m));
    }
}
