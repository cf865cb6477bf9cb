//! From a real file to samples, metrics and totals.

use contracts_workouts::v1::{
    DataFormat, DeleteWorkoutRequest, GetWorkoutRequest, UpdateWorkoutRequest, WorkoutAnalysisRequested, WorkoutDataRefused,
    WorkoutDataUploaded, WorkoutProcessed, WorkoutStatus,
};
use prost::Message;
use store::params;
use testkit::{Database, SOON, eventually};
use tonic::Code;
use tonic_types::StatusExt;

use crate::club::{Club, USER, fixture, header, parts};

testkit::on_both_databases! {
    an_uploaded_recording_is_a_workout
    the_samples_stored_are_those_of_the_file
    every_file_is_processed_or_refused_with_the_reason
    the_same_file_again_changes_nothing
    a_refused_file_is_refused_again_and_no_more_is_said
    told_and_uploaded_it_counts_once_and_the_recording_corrects
    a_correction_outranks_a_later_recording
    an_upload_that_is_late_does_not_bring_a_deleted_workout_back
    a_recording_told_of_by_hand_is_read_by_the_processor_alone
    a_file_that_is_not_there_is_a_dead_letter
}

async fn an_uploaded_recording_is_a_workout(database: Database) {
    let club = Club::on(database).await;
    let answer = club.upload("", "garmin-edge-500-activity.fit").await.expect("kept");
    assert!(!answer.already_known);
    let processed: WorkoutProcessed = club.watch.first(USER).await;
    let metrics = processed.metrics.expect("metrics");
    let (distance, elapsed) = (metrics.distance_m.expect("a distance"), metrics.elapsed_s.expect("a time"));
    assert!((distance - 92_622.34).abs() < 0.01, "as its own counter says: {distance}");
    assert_eq!((elapsed, metrics.samples, processed.r#type.as_str()), (12_691.0, 10_686, "cycling"));
    assert!(metrics.moving_s.is_some_and(|moving| moving < elapsed && moving > 0.8 * elapsed), "{metrics:?}");
    assert!(metrics.elevation_gain_m.is_some_and(|gain| (200.0..1_500.0).contains(&gain)), "{metrics:?}");
    assert_eq!((metrics.max_heart_rate_bpm, metrics.zones.len()), (Some(189.0), 5));
    assert!(metrics.trimp.is_some_and(|trimp| trimp > 100.0) && metrics.intensity.is_some_and(|share| (0.5..0.9).contains(&share)));

    let asked: WorkoutAnalysisRequested = club.watch.first(USER).await;
    let uploaded: WorkoutDataUploaded = club.watch.first(USER).await;
    assert_eq!((asked.samples, asked.data.map(|data| data.sha256)), (10_686, uploaded.data.map(|data| data.sha256)));

    let found = club.find(&answer.workout_id).await.expect("a workout");
    let workout = found.workout.expect("a workout");
    assert_eq!((workout.status(), workout.started_at), (WorkoutStatus::Completed, processed.started_at));
    assert_eq!(workout.data.map(|data| data.format()), Some(DataFormat::Fit));
    assert_eq!((found.samples.len(), found.laps.len(), found.refusal.as_str()), (500, 9, ""));
    assert_eq!((found.samples[0].at, found.samples[499].at), (processed.started_at, processed.ended_at), "first and last are kept");
    let all = GetWorkoutRequest { workout_id: answer.workout_id, max_samples: Some(10_000), ..GetWorkoutRequest::default() };
    assert_eq!(club.client().get_workout(all).await.expect("a workout").into_inner().samples.len(), 10_000);
    club.totals_are(1, 92_622.34, metrics.calories_kcal.expect("calories"), 12_691.0).await;
    assert_eq!(club.totals().await.last_workout_at, processed.started_at);
}

/// All that is stored, not what a call shows of it.
async fn the_samples_stored_are_those_of_the_file(database: Database) {
    let club = Club::on(database).await;
    for (number, file) in
        ["garmin-edge-500-activity", "garmin-fenix-5-run", "garmin-edge-820-bike", "compressed-speed-distance"].iter().enumerate()
    {
        let file = format!("{file}.fit");
        let answer = club.upload("", &file).await.expect("kept");
        let _: WorkoutProcessed = club.watch.nth(USER, number + 1).await;
        let sql = "SELECT samples FROM samples WHERE workout_id = $1 ORDER BY first";
        let rows = club.process.store("workouts").rows(sql, params![&answer.workout_id]).await.expect("samples");
        let mut stored = Vec::new();
        for row in rows {
            let run: Vec<u8> = row.get("samples").expect("a run");
            let mut rest = run.as_slice();
            while !rest.is_empty() {
                stored.push(contracts_workouts::v1::Sample::decode_length_delimited(&mut rest).expect("a sample"));
            }
        }
        // What the parser makes of the file is held against the tables beside it in `formats/tests.rs`.
        let (_, recording) = workouts::formats::read(fixture(&file).as_slice(), None).expect("a recording");
        assert_eq!(stored.len(), recording.samples.len(), "{file}");
        for (stored, read) in stored.iter().zip(&recording.samples) {
            let at_us = stored.at.map(|at| at.seconds * 1_000_000 + i64::from(at.nanos) / 1_000);
            assert_eq!((at_us, stored.heart_rate_bpm, stored.cadence_rpm), (Some(read.at_us), read.heart_rate_bpm, read.cadence_rpm));
            assert_eq!((stored.speed_mps, stored.distance_m, stored.altitude_m), (read.speed_mps, read.distance_m, read.altitude_m));
            assert_eq!((stored.latitude, stored.longitude, stored.temperature_c), (read.latitude, read.longitude, read.temperature_c));
        }
    }
}

async fn every_file_is_processed_or_refused_with_the_reason(database: Database) {
    let club = Club::on(database).await;
    let (mut processed, mut refused) = (0, 0);
    for (file, reason) in [
        ("Activity.fit", ""),
        ("MonitoringFile.fit", "not_a_workout"),
        ("activity-filecrc.fit", "damaged"),
        ("activity-settings-corruptheader.fit", "damaged"),
        ("activity-small-fenix2-run.fit", ""),
        ("activity-unexpected-eof.fit", "damaged"),
        ("cerknicko-jezero.gpx", ""),
        ("cerknicko-without-times.gpx", "no_times"),
        ("compressed-speed-distance.fit", ""),
        ("garmin-edge-500-activity.fit", ""),
        ("garmin-edge-820-bike.fit", ""),
        ("garmin-fenix-5-run.fit", ""),
        ("null_compressed_speed_dist.fit", ""),
        ("run-with-heart-rate.tcx", ""),
        ("sample-activity.fit", ""),
        ("garmin-fenix-5-run-records.csv", "unknown_format"),
    ] {
        let answer = club.upload("", file).await;
        let data = if reason.is_empty() {
            processed += 1;
            let known: WorkoutProcessed = club.watch.nth(USER, processed).await;
            let answer = answer.expect(file);
            assert_eq!(known.workout_id, answer.workout_id, "{file}");
            answer.data
        } else {
            refused += 1;
            let status = answer.expect_err(file);
            let details = status.get_error_details();
            let told = details.error_info().and_then(|info| info.metadata.get("reason"));
            assert_eq!((status.code(), told.map(String::as_str)), (Code::FailedPrecondition, Some(reason)), "{file}");
            let known: WorkoutDataRefused = club.watch.nth(USER, refused).await;
            assert_eq!(known.reason, reason, "{file}: {}", known.detail);
            assert_eq!(club.find(&known.workout_id).await.expect_err("no workout").code(), Code::NotFound);
            known.data
        };
        let data = data.expect("a reference");
        let objects = &club.process.running().service("workouts").expect("a service").context.objects;
        let kept = objects.info(&data.bucket, &data.object).await.expect("the raw file");
        assert_eq!((kept.size, kept.sha256), (fixture(file).len() as u64, data.sha256), "{file}");
    }
    assert_eq!(club.totals().await.total_workouts, processed as u64);
}

async fn the_same_file_again_changes_nothing(database: Database) {
    let club = Club::on(database).await;
    let first = club.upload("", "garmin-fenix-5-run.fit").await.expect("kept");
    // Also while it waits to be read, also under its own name, also under another one.
    for workout in ["", first.workout_id.as_str(), "another"] {
        let again = club.upload(workout, "garmin-fenix-5-run.fit").await.expect("known");
        assert_eq!((again.already_known, &again.workout_id, &again.data), (true, &first.workout_id, &first.data));
    }
    let _: WorkoutProcessed = club.watch.first(USER).await;
    let before = (club.totals().await, club.process.logged("workouts").await, club.find(&first.workout_id).await.expect("a workout"));
    assert!(club.upload("", "garmin-fenix-5-run.fit").await.expect("known").already_known);
    club.settled().await;
    let after = (club.totals().await, club.process.logged("workouts").await - 1, club.find(&first.workout_id).await.expect("a workout"));
    assert_eq!(before, after, "nothing but the mark");
    let stream = async_nats_messages(&club).await;
    assert_eq!(stream, 1 + 1 + 4, "one file of one chunk, and the words on those that were removed again");
}

/// What the object store's stream holds.
async fn async_nats_messages(club: &Club) -> u64 {
    let broker = &club.process.running().service("workouts").expect("a service").context.broker;
    broker.state("OBJ_workouts").await.expect("an answer").expect("a stream").messages
}

async fn a_refused_file_is_refused_again_and_no_more_is_said(database: Database) {
    let club = Club::on(database).await;
    let first = club.upload("", "activity-unexpected-eof.fit").await.expect_err("damaged");
    let before = club.process.logged("workouts").await;
    let again = club.upload("w-1", "activity-unexpected-eof.fit").await.expect_err("damaged");
    assert_eq!((first.code(), first.message()), (again.code(), again.message()));
    assert_eq!(club.process.logged("workouts").await, before);
}

async fn told_and_uploaded_it_counts_once_and_the_recording_corrects(database: Database) {
    let club = Club::on(database).await;
    club.tell(
        "completed",
        r#"{"workout_id":"w-1","started_at":"2017-06-11T14:00:00Z","duration_s":60,"distance_m":999,"calories_kcal":7}"#,
    )
    .await;
    club.totals_are(1, 999.0, 7.0, 60.0).await;
    club.upload("w-1", "garmin-fenix-5-run.fit").await.expect("kept");
    let processed: WorkoutProcessed = club.watch.nth(USER, 2).await;
    let metrics = processed.metrics.expect("metrics");
    let calories = metrics.calories_kcal.expect("calories, recorded or told");
    club.totals_are(1, 157.56, calories, 57.0).await;
    assert_eq!(club.totals().await.last_workout_at.map(|at| at.to_string()), Some("2017-06-11T14:34:09Z".to_owned()));
    // A worse one comes: it is refused, and the good one stays in force.
    club.upload("w-1", "activity-unexpected-eof.fit").await.expect_err("damaged");
    let found = club.find("w-1").await.expect("a workout");
    assert_eq!((found.refusal.as_str(), found.samples.len()), ("damaged", 21));
    // A better one comes: it takes its place.
    club.upload("w-1", "garmin-edge-820-bike.fit").await.expect("kept");
    let processed: WorkoutProcessed = club.watch.nth(USER, 3).await;
    assert_eq!(processed.metrics.and_then(|metrics| metrics.distance_m), Some(457.12));
    let found = club.find("w-1").await.expect("a workout");
    assert_eq!((found.refusal.as_str(), found.samples.len()), ("", 15));
    assert_eq!(club.totals().await.total_workouts, 1);
}

async fn a_correction_outranks_a_later_recording(database: Database) {
    let club = Club::on(database).await;
    club.tell("completed", r#"{"workout_id":"w-1","started_at":"2017-06-11T14:00:00Z","distance_m":999}"#).await;
    club.totals_are(1, 999.0, 0.0, 0.0).await;
    let correct = UpdateWorkoutRequest {
        user_id: USER.into(),
        workout_id: "w-1".into(),
        distance_m: Some(1_000.0),
        ..UpdateWorkoutRequest::default()
    };
    club.client().update_workout(correct).await.expect("corrected");
    club.upload("w-1", "garmin-fenix-5-run.fit").await.expect("kept");
    let _: WorkoutProcessed = club.watch.nth(USER, 3).await;
    assert_eq!(club.totals().await.total_distance_m, 1_000.0);
}

async fn an_upload_that_is_late_does_not_bring_a_deleted_workout_back(database: Database) {
    let club = Club::on(database).await;
    let answer = club.upload("w-1", "garmin-fenix-5-run.fit").await.expect("kept");
    let delete = DeleteWorkoutRequest { user_id: USER.into(), workout_id: "w-1".into(), ..DeleteWorkoutRequest::default() };
    club.client().delete_workout(delete).await.expect("deleted, read or not");
    // The same event once more, by hand: it is read, and changes nothing.
    let data = answer.data.expect("a reference");
    let told = format!(r#"{{"workout_id":"w-1","data":{{"bucket":"{}","object":"{}"}}}}"#, data.bucket, data.object);
    let before = club.watch.count("workout.processed");
    club.tell("data_uploaded", &told).await;
    club.tell("data_uploaded", &told.replace("w-1", "w-2")).await;
    eventually(SOON, || async { club.find("w-2").await.ok() }).await;
    eventually(SOON, || async { nothing_to_read(&club).await.then_some(()) }).await;
    assert_eq!(club.find("w-1").await.expect_err("gone").code(), Code::NotFound);
    assert_eq!(club.totals().await.total_workouts, 1, "as another one's, these bytes are welcome");
    assert!(club.watch.count("workout.processed") <= before + 1);
}

async fn nothing_to_read(club: &Club) -> bool {
    club.process.store("workouts").row("SELECT id FROM intents", params![]).await.expect("intents").is_none()
}

async fn a_recording_told_of_by_hand_is_read_by_the_processor_alone(database: Database) {
    let club = Club::on(database).await;
    let objects = club.process.running().service("workouts").expect("a service").context.objects.clone();
    for (object, file) in [("good", "run-with-heart-rate.tcx"), ("bad", "MonitoringFile.fit")] {
        let content = futures::stream::iter([Ok(fixture(file).into())]);
        objects.put("bridge", object, Box::pin(content)).await.expect("kept");
    }
    let told = |object: &str| format!(r#"{{"workout_id":"w-{object}","data":{{"bucket":"bridge","object":"{object}"}}}}"#);
    club.tell("data_uploaded", &told("good")).await;
    club.tell("data_uploaded", &told("good")).await;
    club.tell("data_uploaded", &told("bad")).await;
    let processed: WorkoutProcessed = club.watch.first(USER).await;
    assert_eq!((processed.r#type.as_str(), processed.metrics.map(|metrics| metrics.samples)), ("running", Some(383)));
    let refused: WorkoutDataRefused = club.watch.first(USER).await;
    assert_eq!((refused.workout_id.as_str(), refused.reason.as_str()), ("w-bad", "not_a_workout"));
    eventually(SOON, || async { nothing_to_read(&club).await.then_some(()) }).await;
    assert_eq!((club.totals().await.total_workouts, club.watch.count("workout.processed")), (1, 1));
}

async fn a_file_that_is_not_there_is_a_dead_letter(database: Database) {
    let club = Club::on(database).await;
    club.tell("data_uploaded", r#"{"workout_id":"w-1","data":{"bucket":"bridge","object":"none"}}"#).await;
    let letter = eventually(SOON, || async { club.process.dead_letters("workouts").await.into_iter().next() }).await;
    assert!(letter.error.contains("bridge/none"), "{}", letter.error);
    // The next one of that workout goes its way.
    club.send(parts(header("w-1", ""), &fixture("run-with-heart-rate.tcx"))).await.expect("kept");
    let _: WorkoutProcessed = club.watch.first(USER).await;
}
