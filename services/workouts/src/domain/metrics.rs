//! What a workout amounts to.

use super::facts::Facts;
use super::heart::{self, Heart};
use super::recording::{Recording, Sample};
use super::{ascent, way};

/// The longest that a heart rate holds without another one, seconds: beyond, the recording paused.
const HOLDS: f64 = 10.0;

/// The same as on the wire, with the same units. What no sensor gave is absent.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Metrics {
    pub elapsed_s: Option<f64>,
    pub moving_s: Option<f64>,
    pub distance_m: Option<f64>,
    pub average_heart_rate_bpm: Option<f64>,
    pub max_heart_rate_bpm: Option<f64>,
    pub pace_s_per_km: Option<f64>,
    pub average_speed_mps: Option<f64>,
    pub max_speed_mps: Option<f64>,
    pub elevation_gain_m: Option<f64>,
    pub calories_kcal: Option<f64>,
    pub intensity: Option<f64>,
    pub trimp: Option<f64>,
    pub zones: Vec<Zone>,
    pub samples: u32,
}

/// Time in one zone.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Zone {
    pub from_bpm: f64,
    pub to_bpm: f64,
    pub seconds: f64,
}

impl Metrics {
    /// Of a recording.
    pub fn of_recording(recording: &Recording, heart: Heart) -> Self {
        let samples = &recording.samples;
        let mut metrics = Self {
            elapsed_s: recording.span_us().map(|(first, last)| seconds(first, last)),
            moving_s: way::moving_s(samples),
            distance_m: way::distance_m(samples),
            max_speed_mps: samples.iter().filter_map(|sample| sample.speed_mps).reduce(f64::max),
            elevation_gain_m: ascent::gain_m(samples.iter().filter_map(|sample| sample.altitude_m)),
            calories_kcal: recording.calories_kcal,
            samples: samples.len().try_into().unwrap_or(u32::MAX),
            ..Self::default()
        };
        heart::measure(&mut metrics, &beats(samples), heart);
        metrics.derive();
        metrics
    }

    /// Of what somebody told: heart rates are spread evenly over the workout.
    pub fn of_told(told: &Facts, heart_rate_bpm: &[u32], heart: Heart) -> Self {
        let lasted = told.lasted_s();
        let mut metrics = Self { elapsed_s: lasted, distance_m: told.distance_m, calories_kcal: told.calories_kcal, ..Self::default() };
        let each = lasted.unwrap_or_default() / heart_rate_bpm.len().max(1) as f64;
        let beats: Vec<(f64, f64)> = heart_rate_bpm.iter().filter(|bpm| **bpm > 0).map(|bpm| (f64::from(*bpm), each)).collect();
        heart::measure(&mut metrics, &beats, heart);
        metrics.derive();
        metrics
    }

    /// The same under what was corrected; `facts` are all that hold then. Who corrects one time means the time from start to end, and
    /// how much of a corrected time was in motion nobody knows.
    pub fn corrected(mut self, corrected: &Facts, facts: &Facts) -> Self {
        let from_start_to_end = || facts.between_s().filter(|_| corrected.started_at_us.or(corrected.ended_at_us).is_some());
        let lasted = corrected.duration_s.or_else(from_start_to_end).or(self.elapsed_s);
        if lasted != self.elapsed_s {
            (self.elapsed_s, self.moving_s) = (lasted, None);
        }
        self.distance_m = corrected.distance_m.or(self.distance_m);
        self.calories_kcal = corrected.calories_kcal.or(self.calories_kcal);
        self.derive();
        self
    }

    /// Pace and speed are over the time in motion; where nobody knows it, over all of it.
    fn derive(&mut self) {
        let over = self.moving_s.or(self.elapsed_s);
        let (distance, over) = (self.distance_m.filter(|metres| *metres > 0.0), over.filter(|seconds| *seconds > 0.0));
        self.pace_s_per_km = distance.zip(over).map(|(metres, seconds)| seconds / metres * 1_000.0);
        self.average_speed_mps = distance.zip(over).map(|(metres, seconds)| metres / seconds);
    }
}

/// From one time to another, both in microseconds.
pub(super) fn seconds(from_us: i64, to_us: i64) -> f64 {
    to_us.saturating_sub(from_us) as f64 / 1e6
}

/// Each heart rate and how long it held: to the next sample, not over a pause.
fn beats(samples: &[Sample]) -> Vec<(f64, f64)> {
    let until = samples.iter().skip(1).map(|next| next.at_us).chain(samples.last().map(|last| last.at_us));
    let held = samples.iter().zip(until).map(|(sample, until)| seconds(sample.at_us, until).min(HOLDS));
    samples.iter().zip(held).filter_map(|(sample, held)| Some((sample.heart_rate_bpm?, held))).collect()
}
