//! Uploads that are not as they should be, and large ones.

use contracts_workouts::v1::upload_workout_data_request::Part;
use contracts_workouts::v1::{UploadHeader, UploadWorkoutDataRequest, WorkoutDataRefused, WorkoutProcessed};
use futures::StreamExt;
use testkit::{Database, SOON, eventually};
use tokio::time::Instant;
use tonic::Code;

use crate::club::{Club, USER, fixture, header, parts};
use crate::fit;

testkit::on_both_databases! {
    what_does_not_begin_with_a_header_is_refused
    a_file_of_more_than_64_mib_is_refused_and_not_kept
    an_upload_that_breaks_off_leaves_nothing
    while_the_broker_is_away_an_upload_is_unavailable
    a_long_recording_is_read_soon
    samples_beyond_measure_are_too_large_and_the_file_is_kept
}

async fn kept(club: &Club) -> u64 {
    let broker = &club.process.running().service("workouts").expect("a service").context.broker;
    broker.state("OBJ_workouts").await.expect("an answer").map_or(0, |stream| stream.messages)
}

async fn what_does_not_begin_with_a_header_is_refused(database: Database) {
    let club = Club::on(database).await;
    let file = fixture("garmin-fenix-5-run.fit");
    let good = parts(header("w-1", ""), &file);
    let long = vec![good[0].clone(), UploadWorkoutDataRequest { part: Some(Part::Chunk(vec![0; (1 << 20) + 1].into())) }];
    for (field, parts) in [
        ("header", Vec::new()),
        ("header", good[1..].to_vec()),
        ("chunk", vec![good[0].clone(), good[0].clone()]),
        ("chunk", long),
        ("user_id", parts(UploadHeader { user_id: String::new(), ..header("w-1", "") }, &file)),
        ("workout_id", parts(header("w 1", ""), &file)),
    ] {
        let refused = club.send(parts).await.expect_err(field);
        assert_eq!(refused.code(), Code::InvalidArgument, "{field}: {refused:?}");
        assert!(refused.message().contains(field), "{field}: {}", refused.message());
    }
    assert_eq!((kept(&club).await, club.process.logged("workouts").await), (0, 0));
    let empty = club.send(good[..1].to_vec()).await.expect_err("no file");
    assert!(empty.code() == Code::FailedPrecondition && empty.message().contains("unknown_format"), "{empty:?}");
}

async fn a_file_of_more_than_64_mib_is_refused_and_not_kept(database: Database) {
    let club = Club::on(database).await;
    let chunk = || UploadWorkoutDataRequest { part: Some(Part::Chunk(vec![7; 1 << 20].into())) };
    let header = UploadWorkoutDataRequest { part: Some(Part::Header(header("w-1", "long.fit"))) };
    let parts = std::iter::once(header).chain(std::iter::repeat_with(chunk).take(65));
    let refused = club.client().upload_workout_data(futures::stream::iter(parts)).await.expect_err("too large");
    assert!(refused.code() == Code::InvalidArgument && refused.message().contains("too_large"), "{refused:?}");
    assert_eq!((kept(&club).await, club.process.logged("workouts").await), (0, 0));
}

async fn an_upload_that_breaks_off_leaves_nothing(database: Database) {
    let club = Club::on(database).await;
    let file = fixture("garmin-edge-500-activity.fit");
    let begun = parts(header("w-1", ""), &file)[..3].to_vec();
    let mut client = club.client();
    let unfinished = futures::stream::iter(begun).chain(futures::stream::pending());
    let calling = tokio::spawn(async move { client.upload_workout_data(unfinished).await.is_ok() });
    eventually(SOON, || async { (kept(&club).await > 0).then_some(()) }).await;
    calling.abort();
    // At most the word that a file was removed.
    eventually(SOON, || async { (kept(&club).await <= 1).then_some(()) }).await;
    assert_eq!(club.process.logged("workouts").await, 0);
}

async fn while_the_broker_is_away_an_upload_is_unavailable(database: Database) {
    let club = Club::on(database).await;
    club.process.nats().kill();
    let refused = club.upload("w-1", "garmin-fenix-5-run.fit").await.expect_err("nowhere to keep it");
    assert_eq!(refused.code(), Code::Unavailable, "{refused:?}");
    club.process.nats().restart().await;
    let answer = eventually(SOON, || async { club.upload("w-1", "garmin-fenix-5-run.fit").await.ok() }).await;
    eventually(SOON, || async { (club.totals().await.total_workouts == 1).then_some(()) }).await;
    assert_eq!(answer.workout_id, "w-1");
}

/// The README says how soon; here only that all of it arrives.
async fn a_long_recording_is_read_soon(database: Database) {
    let club = Club::on(database).await;
    let file = fit::activity(40_000);
    assert!(file.len() > 1_000_000, "{} bytes", file.len());
    let started = Instant::now();
    let answer = club.send(parts(header("w-1", "long.fit"), &file)).await.expect("kept");
    let answered = started.elapsed();
    let processed: WorkoutProcessed = club.watch.first(USER).await;
    eprintln!("{} bytes of FIT: answered after {answered:?}, processed after {:?}", file.len(), started.elapsed());
    let metrics = processed.metrics.expect("metrics");
    assert_eq!((metrics.samples, metrics.elapsed_s, metrics.distance_m), (40_000, Some(39_999.0), Some(39_999.0 * 8.0)));
    let found = club.find(&answer.workout_id).await.expect("a workout");
    assert_eq!((found.samples.len(), found.samples[499].distance_m), (500, Some(39_999.0 * 8.0)));
}

async fn samples_beyond_measure_are_too_large_and_the_file_is_kept(database: Database) {
    let club = Club::on(database).await;
    let file = fit::activity(workouts::formats::SAMPLES as u32 + 1);
    let refused = club.send(parts(header("w-1", "long.fit"), &file)).await.expect_err("too large");
    assert!(refused.code() == Code::FailedPrecondition && refused.message().contains("too_large"), "{refused:?}");
    let told: WorkoutDataRefused = club.watch.first(USER).await;
    let data = told.data.expect("a reference");
    assert_eq!((told.reason.as_str(), data.size), ("too_large", file.len() as u64));
    let objects = &club.process.running().service("workouts").expect("a service").context.objects;
    assert_eq!(objects.info(&data.bucket, &data.object).await.expect("the raw file").sha256, data.sha256);
}
