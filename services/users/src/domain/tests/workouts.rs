use crate::domain::{Told, Workout};

#[test]
fn a_workout_counts_once_it_is_over_until_it_is_deleted() {
    let mut workout = Workout::default();
    workout.learn(&Told { started_at_us: Some(7), distance_m: Some(1.0), ..Told::default() });
    assert_eq!(workout.counts_at(), None, "a correction before its workout");
    workout.learn(&Told { completed: true, ..Told::default() });
    assert_eq!(workout.counts_at(), Some(7));
    workout.deleted = true;
    workout.learn(&Told { completed: true, ..Told::default() });
    assert_eq!(workout.counts_at(), None, "a recording that comes too late");
}

#[test]
fn the_later_word_counts_and_what_it_leaves_out_stays() {
    let mut workout = Workout::default();
    workout.learn(&Told {
        started_at_us: Some(7),
        distance_m: Some(5_000.0),
        calories_kcal: Some(320.0),
        completed: true,
        ..Told::default()
    });
    workout.learn(&Told { distance_m: Some(5_120.5), duration_s: Some(1_800.0), completed: true, ..Told::default() });
    let expected = Workout {
        started_at_us: Some(7),
        duration_s: Some(1_800.0),
        distance_m: Some(5_120.5),
        calories_kcal: Some(320.0),
        completed: true,
        deleted: false,
    };
    assert_eq!(workout, expected);
}
