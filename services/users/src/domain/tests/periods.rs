use super::us;
use crate::domain::{Window, Zone};

fn zone(name: &str) -> Zone {
    Zone::named(name).unwrap()
}

fn window(start: &str, from: &str, to: &str) -> Option<Window> {
    Some(Window { start: start.into(), from_us: us(from), to_us: us(to) })
}

#[test]
fn a_week_is_monday_to_sunday_also_at_its_edges() {
    let week = window("2026-11-16", "2026-11-16T00:00:00Z", "2026-11-23T00:00:00Z");
    for inside in ["2026-11-16T00:00:00Z", "2026-11-21T12:00:00Z", "2026-11-22T23:59:59.999999Z"] {
        assert_eq!(zone("").week(us(inside)), week, "{inside}");
    }
    assert_ne!(zone("").week(us("2026-11-15T23:59:59.999999Z")), week);
    assert_ne!(zone("").week(us("2026-11-23T00:00:00Z")), week);
}

#[test]
fn midnight_is_the_users() {
    // 2026-11-23 is a Monday. In Shanghai (UTC+8) it begins while it is Sunday afternoon in Greenwich, in Los Angeles (UTC-8) eight hours later.
    let shanghai = |at| zone("Asia/Shanghai").week(us(at)).unwrap().start;
    assert_eq!((shanghai("2026-11-22T15:59:59Z"), shanghai("2026-11-22T16:00:00Z")), ("2026-11-16".into(), "2026-11-23".into()));
    let angeles = |at| zone("America/Los_Angeles").week(us(at)).unwrap().start;
    assert_eq!((angeles("2026-11-23T07:59:59Z"), angeles("2026-11-23T08:00:00Z")), ("2026-11-16".into(), "2026-11-23".into()));
    let month = |at| zone("Asia/Shanghai").month(us(at)).unwrap().start;
    assert_eq!((month("2026-11-30T15:59:59Z"), month("2026-11-30T16:00:00Z")), ("2026-11-01".into(), "2026-12-01".into()));
}

#[test]
fn the_week_in_which_the_clocks_change_is_an_hour_longer_or_shorter() {
    // Berlin: back on Sunday 2026-10-25, forth on Sunday 2026-03-29.
    let autumn = window("2026-10-19", "2026-10-18T22:00:00Z", "2026-10-25T23:00:00Z");
    assert_eq!(zone("Europe/Berlin").week(us("2026-10-25T22:30:00Z")), autumn);
    let spring = window("2026-03-23", "2026-03-22T23:00:00Z", "2026-03-29T22:00:00Z");
    assert_eq!(zone("Europe/Berlin").week(us("2026-03-29T21:59:59Z")), spring);
    let month = window("2026-03-01", "2026-02-28T23:00:00Z", "2026-03-31T22:00:00Z");
    assert_eq!(zone("Europe/Berlin").month(us("2026-03-31T21:59:59Z")), month);
}

#[test]
fn a_day_whose_midnight_is_jumped_over_begins_at_the_jump() {
    // Tehran: forth at midnight of Monday 2021-03-22, which began at 01:00.
    let week = zone("Asia/Tehran").week(us("2021-03-23T00:00:00Z")).unwrap();
    assert_eq!((week.start.as_str(), week.from_us), ("2021-03-22", us("2021-03-21T20:30:00Z")));
}

#[test]
fn months_have_their_own_lengths() {
    let month = |at| zone("").month(us(at));
    assert_eq!(month("2028-02-29T23:59:59Z"), window("2028-02-01", "2028-02-01T00:00:00Z", "2028-03-01T00:00:00Z"));
    assert_eq!(month("2026-12-31T23:59:59Z"), window("2026-12-01", "2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z"));
    assert_eq!(month("2026-01-31T00:00:00Z"), window("2026-01-01", "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"));
}

#[test]
fn only_iana_names_are_zones() {
    assert!(Zone::named("America/Argentina/Buenos_Aires").is_some());
    for no_zone in ["Mars/Base", "UTC+8x", "../etc/passwd", " "] {
        assert!(Zone::named(no_zone).is_none(), "{no_zone}");
    }
}

#[test]
fn times_out_of_reach_belong_to_no_period() {
    assert_eq!((zone("").week(i64::MAX), zone("").month(i64::MIN)), (None, None));
}
