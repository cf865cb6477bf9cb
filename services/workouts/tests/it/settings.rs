//! What can be set, and what is refused.

use service_host::config::{Config, Sources};

fn faults(flags: &[&str]) -> Vec<String> {
    let set = flags.iter().map(|flag| (*flag).to_owned()).collect();
    let loaded = Config::load(&Sources { set, ..Sources::default() }, &workouts::settings());
    loaded.err().map(|faults| faults.0.iter().map(ToString::to_string).collect()).unwrap_or_default()
}

#[test]
fn a_heart_beats_faster_than_at_rest() {
    assert_eq!(faults(&[]), [""; 0]);
    assert_eq!(faults(&["workouts.max_heart_rate_bpm=61"]), [""; 0]);
    let most = "must be above that at rest, and at most 300";
    assert_eq!(faults(&["workouts.max_heart_rate_bpm=60"]), [format!("workouts.max_heart_rate_bpm (--set): {most}")]);
    assert_eq!(
        faults(&["workouts.resting_heart_rate_bpm=4294967295"]),
        [
            "workouts.resting_heart_rate_bpm (--set): must be between 20 and 250".to_owned(),
            format!("workouts.max_heart_rate_bpm (default): {most}"),
        ]
    );
}
