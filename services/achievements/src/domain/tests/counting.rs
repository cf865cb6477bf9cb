//! Every workout, goal, follow and like counts once.

use super::*;

fn told(id: &str, report: Report) -> Change {
    Change::Workout { id: id.into(), report }
}

#[test]
fn a_workout_counts_once_however_often_and_by_whom_it_is_told() {
    let by_hand = done("a", "2026-11-20T06:30:00Z", "");
    let uploaded = told("a", Report { uploaded: true, ..Report::default() });
    let processed = told("a", Report { done: true, corrects: true, distance_mm: Some(5_210_500), ..Report::default() });
    for order in [[&by_hand, &uploaded, &processed, &by_hand], [&uploaded, &processed, &by_hand, &processed]] {
        let person = person(order.map(Clone::clone));
        let counts = person.counts;
        assert_eq!((counts.workouts, counts.uploads), (1, 1));
        // The recording knows the distance better, and says nothing of calories.
        assert_eq!((counts.of(Measure::Distance), counts.of(Measure::Calories)), (5_210.5, 320.0));
        assert_eq!(days(&person), (1, 1, "2026-11-20".into()));
    }
}

#[test]
fn a_recording_alone_is_an_upload_and_no_workout() {
    let person = person([told("a", Report { uploaded: true, ..Report::default() })]);
    assert_eq!((person.counts.workouts, person.counts.uploads), (0, 1));
}

#[test]
fn a_workout_without_a_time_counts_and_is_on_no_day() {
    let person = person([told("a", Report { done: true, ..Report::default() })]);
    assert_eq!((person.counts.workouts, days(&person)), (1, (0, 0, String::new())));
}

#[test]
fn a_correction_moves_the_day_and_the_sums() {
    let mut person = person([done("a", "2026-11-20T06:30:00Z", ""), done("b", "2026-11-21T06:30:00Z", "")]);
    let corrected =
        Report { corrects: true, started_at_us: Some(at("2026-11-23T06:30:00Z")), distance_mm: Some(1_000), ..Report::default() };
    person.apply(&told("b", corrected));
    assert_eq!(days(&person), (1, 1, "2026-11-23".into()));
    assert_eq!((person.counts.workouts, person.counts.distance_mm), (2, 5_001_000));
}

#[test]
fn what_was_deleted_stays_so() {
    let mut person = person([done("a", "2026-11-20T06:30:00Z", "")]);
    person.apply(&told("a", Report { uploaded: true, ..Report::default() }));
    person.apply(&deleted("a"));
    assert_eq!(person.counts, Counts::default());
    // Its recording was being read meanwhile.
    person.apply(&done("a", "2026-11-20T06:30:00Z", ""));
    assert_eq!(person.counts, Counts::default());
}

#[test]
fn what_stands_counts_once_and_what_no_longer_stands_does_not() {
    let set = |mark, item: &str| Change::Set { mark, item: item.into() };
    let unset = |mark, item: &str| Change::Unset { mark, item: item.into() };
    let person = person([
        set(Mark::FollowReceived, "bob"),
        set(Mark::FollowReceived, "bob"),
        set(Mark::FollowReceived, "eve"),
        unset(Mark::FollowReceived, "eve"),
        unset(Mark::FollowReceived, "eve"),
        unset(Mark::FollowGiven, "nobody"),
        set(Mark::Goal, "g/2026-11-16"),
        set(Mark::Goal, "g/2026-11-23"),
    ]);
    let counts = person.counts;
    assert_eq!((counts.follows_received, counts.follows_given, counts.goals), (1, 0, 2));
}

#[test]
fn tenths_add_up_to_the_same_in_every_order_and_leave_nothing_behind() {
    let far = |id: &str, metres: f64| told(id, Report { done: true, distance_mm: Some(thousandths(metres)), ..Report::default() });
    let mut person = person([far("a", 0.1), far("b", 0.2), far("c", 0.3)]);
    assert_eq!(person.counts.of(Measure::Distance), 0.6);
    for id in ["b", "a", "c"] {
        person.apply(&deleted(id));
    }
    assert_eq!(person.counts.of(Measure::Distance), 0.0);
    assert_eq!((thousandths(f64::NAN), thousandths(f64::INFINITY)), (0, i64::MAX));
}
