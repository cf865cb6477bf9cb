//! On which day a workout was, and which days are in a row.

use super::*;

#[test]
fn a_day_begins_at_midnight_where_the_user_is() {
    for (moment, zone, day) in [
        ("2026-11-19T15:59:59Z", "Asia/Shanghai", "2026-11-19"),
        ("2026-11-19T16:00:00Z", "Asia/Shanghai", "2026-11-20"),
        ("2026-11-20T07:59:59Z", "America/Los_Angeles", "2026-11-19"),
        ("2026-11-20T08:00:00Z", "America/Los_Angeles", "2026-11-20"),
        ("2026-11-20T00:00:00Z", "", "2026-11-20"),
        ("1969-12-31T23:59:59Z", "", "1969-12-31"),
    ] {
        assert_eq!(date(day_of(at(moment), zone)), day, "{moment} {zone}");
    }
}

#[test]
fn a_moment_that_no_calendar_has_is_its_end() {
    assert_eq!(date(day_of(i64::MAX, "Asia/Shanghai")), "9999-12-31");
    assert_eq!(date(day_of(i64::MIN, "")), "-009999-01-02");
}

#[test]
fn only_zones_of_the_database_are_zones() {
    assert_eq!(zone_name("Europe/Berlin"), "Europe/Berlin");
    assert_eq!((zone_name("Europe/Entenhausen"), zone_name("")), ("", ""));
}

#[test]
fn two_workouts_around_midnight_are_two_days_in_a_row() {
    // Half an hour apart, and in UTC on one day.
    let shanghai = person([done("a", "2026-11-19T15:45:00Z", "Asia/Shanghai"), done("b", "2026-11-19T16:15:00Z", "Asia/Shanghai")]);
    assert_eq!(days(&shanghai), (2, 2, "2026-11-20".into()));
    let angeles =
        person([done("a", "2026-11-20T07:45:00Z", "America/Los_Angeles"), done("b", "2026-11-20T08:15:00Z", "America/Los_Angeles")]);
    assert_eq!(days(&angeles), (2, 2, "2026-11-20".into()));
    // In UTC on two days, and on one of theirs.
    let one = person([done("a", "2026-11-19T23:45:00Z", "Asia/Shanghai"), done("b", "2026-11-20T00:15:00Z", "Asia/Shanghai")]);
    assert_eq!(days(&one), (1, 1, "2026-11-20".into()));
}

#[test]
fn a_change_of_the_clocks_breaks_no_streak() {
    // Berlin springs forward on 2026-03-29 and falls back on 2026-10-25: days of 23 and of 25 hours.
    let spring = ["2026-03-28T22:30:00Z", "2026-03-29T21:30:00Z", "2026-03-30T21:30:00Z"];
    let autumn = ["2026-10-24T21:30:00Z", "2026-10-25T22:30:00Z", "2026-10-26T22:30:00Z"];
    for (moments, last) in [(spring, "2026-03-30"), (autumn, "2026-10-26")] {
        let person = person(moments.map(|moment| done(moment, moment, "Europe/Berlin")));
        assert_eq!(days(&person), (3, 3, last.into()));
    }
    // 24 hours apart all the same, and yet a day was left out: 23:30 on the 24th, 22:30 and 22:30 of winter time.
    let twice = person(["2026-10-24T21:30:00Z", "2026-10-25T21:30:00Z"].map(|moment| done(moment, moment, "Europe/Berlin")));
    assert_eq!(days(&twice), (2, 2, "2026-10-25".into()));
    let long = person(["2026-10-24T22:15:00Z", "2026-10-25T22:45:00Z"].map(|moment| done(moment, moment, "Europe/Berlin")));
    assert_eq!(days(&long), (1, 1, "2026-10-25".into()), "24.5 hours apart on one day of 25");
}

#[test]
fn the_middle_day_may_come_last_and_go_again() {
    let (first, middle, last) =
        (done("a", "2026-11-18T06:30:00Z", ""), done("b", "2026-11-19T06:30:00Z", ""), done("c", "2026-11-20T06:30:00Z", ""));
    let mut person = person([last, first]);
    assert_eq!(days(&person), (1, 1, "2026-11-20".into()));
    person.apply(&middle);
    assert_eq!(days(&person), (3, 3, "2026-11-20".into()));
    person.apply(&deleted("b"));
    assert_eq!(days(&person), (1, 1, "2026-11-20".into()));
}

#[test]
fn a_day_with_two_workouts_outlives_one_of_them() {
    let mut person = person([
        done("a", "2026-11-18T06:30:00Z", ""),
        done("b", "2026-11-19T06:30:00Z", ""),
        done("c", "2026-11-19T18:30:00Z", ""),
        done("d", "2026-11-20T06:30:00Z", ""),
    ]);
    person.apply(&deleted("c"));
    assert_eq!(days(&person), (3, 3, "2026-11-20".into()));
    assert_eq!(person.counts.workouts, 3);
}

#[test]
fn the_best_streak_is_kept_beside_the_current_one() {
    let moments = ["2026-11-01T06:30:00Z", "2026-11-02T06:30:00Z", "2026-11-03T06:30:00Z", "2026-11-20T06:30:00Z"];
    assert_eq!(days(&person(moments.map(|moment| done(moment, moment, "")))), (1, 3, "2026-11-20".into()));
}

#[test]
fn who_moves_keeps_the_days_that_were() {
    let zone = |name: &str| Change::Zone(name.into());
    // Before anybody said where the user lives, it was UTC; now it is known, and was so all along.
    let mut person = person([done("a", "2026-11-19T15:45:00Z", ""), done("b", "2026-11-19T16:15:00Z", "")]);
    assert_eq!(days(&person), (1, 1, "2026-11-19".into()));
    person.apply(&zone("Asia/Shanghai"));
    assert_eq!(days(&person), (2, 2, "2026-11-20".into()));
    // Moving to the other side of the world changes no day that was, and all that come.
    person.apply(&zone("America/Los_Angeles"));
    assert_eq!(days(&person), (2, 2, "2026-11-20".into()));
    person.apply(&done("c", "2026-11-22T07:59:00Z", ""));
    assert_eq!(days(&person), (3, 3, "2026-11-21".into()));
    // What the event says goes before all that.
    person.apply(&done("d", "2026-11-22T07:59:00Z", "Asia/Shanghai"));
    assert_eq!(days(&person), (4, 4, "2026-11-22".into()));
}
