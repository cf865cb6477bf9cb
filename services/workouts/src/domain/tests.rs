//! Given / when / then.

use super::*;

const HEART: Heart = Heart { resting_bpm: 60.0, max_bpm: 190.0 };

fn facts(started_s: i64, duration_s: f64, distance_m: f64) -> Facts {
    Facts { started_at_us: Some(started_s * 1_000_000), duration_s: Some(duration_s), distance_m: Some(distance_m), ..Facts::default() }
}

fn data(sha256: &str) -> Data {
    Data { sha256: sha256.into(), ..Data::default() }
}

/// A sample a second; each says its heart rate and how far it is.
fn recording(points: &[(f64, f64)]) -> Recording {
    let sample = |(at, (bpm, metres)): (usize, &(f64, f64))| Sample {
        at_us: at as i64 * 1_000_000,
        heart_rate_bpm: Some(*bpm),
        distance_m: Some(*metres),
        ..Sample::default()
    };
    Recording { samples: points.iter().enumerate().map(sample).collect(), ..Recording::default() }
}

fn done(decision: Decision) -> Workout {
    let mut workout = decision.expect("allowed").expect("a change");
    workout.metrics = Some(workout.amounts_to(HEART));
    workout
}

#[test]
fn a_workout_is_started_and_completed_once() {
    let started = done(start(None, Facts { kind: Some("running".into()), ..facts(100, 0.0, 0.0) }));
    assert_eq!(started.status, Status::Started);
    assert_eq!(start(Some(&started), started.told.clone()), Ok(None), "the same words");
    assert_eq!(start(Some(&started), facts(1, 0.0, 0.0)), Err(Rejection::Started));

    let told = Facts { duration_s: Some(1_800.0), distance_m: Some(5_000.0), ..Facts::default() };
    let completed = done(complete(Some(&started), &told, vec![150]));
    assert_eq!((completed.status, completed.facts().kind.as_deref()), (Status::Completed, Some("running")));
    assert_eq!(completed.facts().started_at_us, Some(100_000_000), "as it was started");
    assert_eq!(complete(Some(&completed), &told, vec![150]), Ok(None), "the same words");
    assert_eq!(complete(Some(&completed), &facts(100, 1.0, 1.0), Vec::new()), Err(Rejection::Completed));
}

#[test]
fn what_is_deleted_stays_so_whatever_comes() {
    let gone = done(delete(Some(&done(complete(None, &facts(0, 60.0, 100.0), Vec::new())))));
    assert_eq!(gone.facts(), Facts::default(), "nothing is known of it any more");
    assert_eq!(start(Some(&gone), facts(0, 0.0, 0.0)), Err(Rejection::Deleted));
    assert_eq!(complete(Some(&gone), &facts(0, 1.0, 1.0), Vec::new()), Err(Rejection::Deleted));
    assert_eq!(correct(Some(&gone), &facts(0, 1.0, 1.0)), Err(Rejection::Deleted));
    assert_eq!(upload(Some(&gone), data("a")), Err(Rejection::Deleted));
    assert_eq!(record(Some(&gone), data("a"), &recording(&[(100.0, 0.0)]), None, HEART), Err(Rejection::Deleted));
    assert_eq!(refuse(Some(&gone), data("a"), Reason::Damaged), Err(Rejection::Deleted));
    assert_eq!(delete(Some(&gone)), Ok(None));
    assert_eq!(done(delete(None)).status, Status::Deleted, "a mark for what comes late");
}

#[test]
fn corrections_outrank_recordings_and_those_what_was_told_in_any_order() {
    let told = Facts { calories_kcal: Some(300.0), ..facts(0, 60.0, 100.0) };
    let corrected = Facts { distance_m: Some(150.0), ..Facts::default() };
    let recorded = recording(&[(100.0, 0.0), (110.0, 5.0), (120.0, 120.0)]);
    type Step<'a> = Box<dyn Fn(Option<&Workout>) -> Decision + 'a>;
    let steps: [Step<'_>; 3] = [
        Box::new(|it| complete(it, &told, Vec::new())),
        Box::new(|it| record(it, data("a"), &recorded, None, HEART)),
        Box::new(|it| correct(it, &corrected)),
    ];
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let workout = order.into_iter().fold(None, |it: Option<Workout>, step| Some(done(steps[step](it.as_ref())))).unwrap();
        let metrics = workout.metrics.clone().unwrap();
        let amounts = (metrics.distance_m, metrics.elapsed_s, metrics.calories_kcal, metrics.average_heart_rate_bpm);
        assert_eq!(amounts, (Some(150.0), Some(2.0), Some(300.0), Some(105.0)), "{order:?}");
        assert_eq!(Share::of(&metrics), Share { duration_ms: Some(2_000), distance_mm: Some(150_000), calories_cal: Some(300_000) });
        assert_eq!(workout.status, Status::Completed);
    }
}

#[test]
fn a_refused_recording_leaves_the_earlier_one_in_force() {
    assert_eq!(refuse(None, data("a"), Reason::NoTimes), Ok(None), "no workout comes of it");
    let good = done(record(None, data("a"), &recording(&[(100.0, 0.0), (100.0, 9.0)]), None, HEART));
    let refused = done(refuse(Some(&good), data("b"), Reason::Damaged));
    assert_eq!((refused.refusal.as_str(), &refused.recorded), ("damaged", &good.recorded));
    let again = done(record(Some(&refused), data("c"), &recording(&[(100.0, 0.0), (100.0, 8.0)]), None, HEART));
    assert_eq!((again.refusal.as_str(), again.metrics.unwrap().distance_m), ("", Some(8.0)));
}

#[test]
fn it_cannot_end_before_it_starts() {
    let wrong = Facts { started_at_us: Some(10), ended_at_us: Some(9), ..Facts::default() };
    assert_eq!(complete(None, &wrong, Vec::new()), Err(Rejection::EndsBeforeItStarts));
    let right = done(complete(None, &Facts { ended_at_us: Some(11), ..wrong.clone() }, Vec::new()));
    assert_eq!(correct(Some(&right), &Facts { ended_at_us: Some(9), ..Facts::default() }), Err(Rejection::EndsBeforeItStarts));
}

#[test]
fn a_corrected_duration_outranks_the_time_in_motion() {
    let recorded = record(None, data("a"), &recording(&[(90.0, 0.0), (90.0, 3.0), (90.0, 3.2), (90.0, 3.4), (90.0, 7.0)]), None, HEART);
    let recorded = done(recorded);
    let amounts = |corrected: Facts| {
        let metrics = done(correct(Some(&recorded), &corrected)).metrics.unwrap();
        (metrics.elapsed_s, metrics.moving_s, metrics.average_speed_mps)
    };
    let at = |second: i64| Some(second * 1_000_000);
    assert_eq!(amounts(Facts { title: Some("Lake".into()), ..Facts::default() }), (Some(4.0), Some(2.0), Some(3.5)));
    assert_eq!(amounts(Facts { duration_s: Some(10.0), ..Facts::default() }), (Some(10.0), None, Some(0.7)));
    assert_eq!(amounts(Facts { ended_at_us: at(10), ..Facts::default() }), (Some(10.0), None, Some(0.7)));
    assert_eq!(amounts(Facts { started_at_us: at(-6), ..Facts::default() }), (Some(10.0), None, Some(0.7)));
    let later = Facts { started_at_us: at(3_600), ended_at_us: at(3_604), ..Facts::default() };
    assert_eq!(amounts(later), (Some(4.0), Some(2.0), Some(3.5)), "at another time, and as long");
}

#[test]
fn a_corrected_start_or_end_corrects_the_duration_that_was_told() {
    let told = done(complete(None, &facts(0, 1_800.0, 5_000.0), Vec::new()));
    let lasted = |corrected: Facts| done(correct(Some(&told), &corrected)).metrics.unwrap().elapsed_s;
    assert_eq!(lasted(Facts { ended_at_us: Some(2_000_000_000), ..Facts::default() }), Some(2_000.0));
    assert_eq!(lasted(Facts { started_at_us: Some(1), ..Facts::default() }), Some(1_800.0), "nobody knows when it ended");
    let both = Facts { ended_at_us: Some(2_000_000_000), duration_s: Some(1_900.0), ..Facts::default() };
    assert_eq!(lasted(both), Some(1_900.0), "what is said outright counts");
}

#[test]
fn no_sensor_no_value() {
    let bare = Recording { samples: vec![Sample::default(), Sample { at_us: 5_000_000, ..Sample::default() }], ..Recording::default() };
    let metrics = Metrics::of_recording(&bare, HEART);
    assert_eq!(metrics, Metrics { elapsed_s: Some(5.0), samples: 2, ..Metrics::default() });
    assert_eq!(Metrics::of_told(&Facts::default(), &[], HEART), Metrics::default());
}

#[test]
fn heart_rates_hold_to_the_next_sample_but_not_over_a_pause() {
    let mut recording = recording(&[(100.0, 0.0), (180.0, 10.0), (100.0, 20.0)]);
    recording.samples[1].at_us = 10_000_000;
    recording.samples[2].at_us = 600_000_000;
    let metrics = Metrics::of_recording(&recording, HEART);
    // Ten seconds each, and the last holds for no time.
    assert_eq!(metrics.average_heart_rate_bpm, Some(140.0));
    assert_eq!(metrics.max_heart_rate_bpm, Some(180.0));
    let seconds: Vec<f64> = metrics.zones.iter().map(|zone| zone.seconds).collect();
    assert_eq!(seconds, [10.0, 0.0, 0.0, 0.0, 10.0], "100 of 190 is in the first zone, 180 in the fifth");
    let reserve = (140.0 - 60.0) / 130.0;
    assert_eq!(metrics.intensity, Some(reserve));
    let trimp = 20.0 / 60.0 * reserve * 0.64 * (1.92 * reserve).exp();
    assert!((metrics.trimp.unwrap() - trimp).abs() < 1e-9);
}

#[test]
fn beats_that_were_told_are_spread_evenly() {
    let metrics = Metrics::of_told(&facts(0, 600.0, 2_000.0), &[120, 150], HEART);
    assert_eq!(metrics.average_heart_rate_bpm, Some(135.0));
    let zones: Vec<f64> = metrics.zones.iter().map(|zone| zone.seconds).collect();
    assert_eq!(zones, [0.0, 300.0, 300.0, 0.0, 0.0]);
    assert_eq!((metrics.pace_s_per_km, metrics.average_speed_mps), (Some(300.0), Some(2_000.0 / 600.0)));
    assert_eq!(metrics.moving_s, None, "nobody measured it");
}

/// The worked example of a calculator on the web (calculatorhub.com): 45 minutes at 150, between 60 and 190. It rounds on its way.
#[test]
fn the_training_impulse_is_banisters() {
    let metrics = Metrics::of_told(&facts(0, 45.0 * 60.0, 0.0), &[150], HEART);
    assert!((metrics.trimp.unwrap() - 75.36).abs() < 0.05, "{metrics:?}");
}

#[test]
fn intensity_is_between_nothing_and_all() {
    for (bpm, intensity) in [(40, 0.0), (60, 0.0), (125, 0.5), (190, 1.0), (220, 1.0)] {
        let metrics = Metrics::of_told(&facts(0, 60.0, 0.0), &[bpm], HEART);
        assert_eq!(metrics.intensity, Some(intensity), "{bpm}");
    }
}

#[test]
fn who_stands_is_not_in_motion() {
    let metrics = Metrics::of_recording(&recording(&[(90.0, 0.0), (90.0, 3.0), (90.0, 3.2), (90.0, 3.4), (90.0, 7.0)]), HEART);
    assert_eq!((metrics.elapsed_s, metrics.moving_s, metrics.distance_m), (Some(4.0), Some(2.0), Some(7.0)));
    assert_eq!(metrics.pace_s_per_km, Some(2.0 / 7.0 * 1_000.0));
}

#[test]
fn a_device_that_begins_anew_goes_on() {
    let metrics = Metrics::of_recording(&recording(&[(90.0, 5.0), (90.0, 100.0), (90.0, 2.0), (90.0, 50.0)]), HEART);
    assert_eq!(metrics.distance_m, Some(150.0));
}

#[test]
fn without_a_counter_the_way_is_along_the_positions() {
    let at = |second: i64, latitude: f64| Sample {
        at_us: second * 1_000_000,
        latitude: Some(latitude),
        longitude: Some(14.0),
        ..Sample::default()
    };
    let recording = Recording { samples: vec![at(0, 45.0), at(100, 45.01), at(200, 45.01)], ..Recording::default() };
    let metrics = Metrics::of_recording(&recording, HEART);
    // A hundredth of a degree of a meridian.
    assert!((metrics.distance_m.unwrap() - 1_111.95).abs() < 0.1, "{metrics:?}");
    assert_eq!((metrics.elapsed_s, metrics.moving_s), (Some(200.0), Some(100.0)));
}

#[test]
fn noise_is_no_climb() {
    let gain = |altitudes: &[f64]| {
        let sample = |(at, altitude): (usize, &f64)| Sample { at_us: at as i64, altitude_m: Some(*altitude), ..Sample::default() };
        let samples = altitudes.iter().enumerate().map(sample).collect();
        Metrics::of_recording(&Recording { samples, ..Recording::default() }, HEART).elevation_gain_m
    };
    assert_eq!(gain(&[]), None);
    assert_eq!(gain(&[100.0]), Some(0.0));
    assert_eq!(gain(&[100.0, 102.0, 100.0, 102.0, 100.0]), Some(0.0));
    assert_eq!(gain(&[100.0, 101.0, 102.0, 103.0, 110.0]), Some(10.0));
    assert_eq!(gain(&[100.0, 110.0, 90.0, 95.0]), Some(15.0));
}

#[test]
fn a_thinned_series_keeps_its_ends() {
    let all: Vec<u32> = (0..1_000).collect();
    for most in [2, 3, 7, 999] {
        let few = thin(&all, most);
        assert_eq!((few.len(), few.first(), few.last()), (most, Some(&0), Some(&999)), "{most}");
        assert!(few.is_sorted_by(|a, b| a < b), "{most}");
    }
    assert_eq!(thin(&all, 1_000), all);
    assert_eq!((thin(&all, 1), thin(&all, 0), thin(&[0; 0], 5)), (vec![0], vec![], vec![]));
}
