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
fn a_recording_outranks_a_word_by_hand_whichever_comes_first_and_what_it_leaves_out_stays() {
    let by_hand =
        Told { started_at_us: Some(7), distance_m: Some(5_000.0), calories_kcal: Some(320.0), completed: true, ..Told::default() };
    let recording = Told { distance_m: Some(5_120.5), duration_s: Some(1_800.0), completed: true, corrects: true, ..Told::default() };
    let expected = Workout {
        started_at_us: Some(7),
        duration_s: Some(1_800.0),
        distance_m: Some(5_120.5),
        calories_kcal: Some(320.0),
        completed: true,
        deleted: false,
    };
    for order in [[&by_hand, &recording], [&recording, &by_hand]] {
        let mut workout = Workout::default();
        order.into_iter().for_each(|told| workout.learn(told));
        assert_eq!(workout, expected);
    }
}

#[test]
fn of_two_corrections_the_later_counts() {
    let mut workout = Workout::default();
    for distance_m in [5_000.0, 4_000.0] {
        workout.learn(&Told { distance_m: Some(distance_m), corrects: true, ..Told::default() });
    }
    assert_eq!(workout.distance_m, Some(4_000.0));
}
