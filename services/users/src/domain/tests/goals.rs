use super::us;
use crate::domain::{Goal, Kind, MOST_OPEN, Period, Rejection, State, Sums, may_set};

fn goal(period: Period) -> Goal {
    Goal {
        goal_id: "g1".into(),
        user_id: "ann".into(),
        kind: Kind::Distance,
        target: 5_000.0,
        period,
        name: String::new(),
        time_zone: "Asia/Shanghai".into(),
        created_at_us: us("2026-11-18T09:00:00Z"),
        abandoned: false,
    }
}

#[test]
fn a_weekly_goal_counts_from_the_monday_of_the_week_it_was_set_in() {
    let start = |at| goal(Period::Weekly).window(us(at)).map(|window| window.start);
    assert_eq!(start("2026-11-15T15:59:59Z"), None, "Sunday in Shanghai");
    assert_eq!(start("2026-11-15T16:00:00Z"), Some("2026-11-16".into()), "Monday in Shanghai, two days before it was set");
    assert_eq!(start("2026-11-24T00:00:00Z"), Some("2026-11-23".into()));
}

#[test]
fn a_monthly_goal_counts_from_the_first() {
    let start = |at| goal(Period::Monthly).window(us(at)).map(|window| window.start);
    assert_eq!(start("2026-10-31T15:59:59Z"), None);
    assert_eq!(start("2026-10-31T16:00:00Z"), Some("2026-11-01".into()));
}

#[test]
fn the_smallest_target_is_not_reached_by_nothing() {
    let goal = Goal { target: 1e-9, ..goal(Period::Weekly) };
    assert!(!goal.is_reached(&Sums::default()));
    assert!(goal.is_reached(&Sums { distance_m: 1e-9, ..Sums::default() }));
}

#[test]
fn a_goal_without_periods_counts_from_when_it_was_set() {
    let goal = goal(Period::Once);
    assert_eq!(goal.window(goal.created_at_us - 1), None);
    let window = goal.window(goal.created_at_us).unwrap();
    assert_eq!((window.start.as_str(), window.from_us, window.to_us), ("", goal.created_at_us, i64::MAX));
}

#[test]
fn each_kind_counts_its_own() {
    let sums = Sums { workouts: 1.0, distance_m: 2.0, calories_kcal: 3.0, duration_s: 4.0 };
    assert_eq!(Kind::ALL.map(|kind| sums.of(kind)), [1.0, 2.0, 3.0, 4.0]);
}

#[test]
fn exactly_the_target_is_enough_however_it_was_added_up() {
    let goal = Goal { target: 1.0, ..goal(Period::Once) };
    let tenth = |times| Sums { distance_m: (0..times).map(|_| 0.1).sum(), ..Sums::default() };
    assert!(tenth(10).distance_m < 1.0, "what makes this worth a test");
    assert!(goal.is_reached(&tenth(10)));
    assert!(!goal.is_reached(&tenth(9)));
}

#[test]
fn what_is_achieved_for_good_is_not_given_up() {
    assert_eq!(goal(Period::Once).abandon(true), Err(Rejection::Achieved));
    assert_eq!(goal(Period::Once).abandon(false), Ok(true));
    assert_eq!(goal(Period::Weekly).abandon(true), Ok(true), "next week is another week");
    assert_eq!(Goal { abandoned: true, ..goal(Period::Weekly) }.abandon(false), Ok(false));
    assert_eq!(Goal { abandoned: true, ..goal(Period::Weekly) }.state(true), State::Abandoned);
}

#[test]
fn nobody_has_more_open_goals_than_one_workout_can_be_held_against() {
    assert_eq!((may_set(MOST_OPEN - 1), may_set(MOST_OPEN)), (Ok(()), Err(Rejection::TooMany)));
}
