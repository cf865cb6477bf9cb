//! A workout: what is known of it, by whom, and what that amounts to.

use super::facts::Facts;
use super::heart::Heart;
use super::metrics::Metrics;

/// One workout of one user. What people corrected outranks what was recorded, and that what was told; so it does not matter in which order these come.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Workout {
    #[serde(skip)]
    pub status: Status,
    /// Whether somebody told that it is completed; the first such word counts.
    pub told_completed: bool,
    pub told: Facts,
    /// Beats a minute, evenly spread over the workout.
    #[serde(skip)]
    pub heart_rate_bpm: Vec<u32>,
    /// Of the recording that is in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recorded: Option<Recorded>,
    pub corrected: Facts,
    /// The recording that came last, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Data>,
    /// Why that one was refused.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub refusal: String,
    /// Announced last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metrics: Option<Metrics>,
}

/// What a recording says.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Recorded {
    pub facts: Facts,
    pub metrics: Metrics,
}

/// Where a recording is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Data {
    pub bucket: String,
    pub object: String,
    /// Bytes.
    pub size: u64,
    /// Of the raw bytes, lower-case hex.
    pub sha256: String,
    pub format: Option<Format>,
    pub file_name: String,
}

/// How a recording is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    Fit,
    Tcx,
    Gpx,
}

/// Where a workout stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Status {
    #[default]
    Started,
    /// It counts.
    Completed,
    /// It does not count, for good: what comes late changes nothing.
    Deleted,
}

impl Status {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Started, Self::Completed, Self::Deleted];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Completed => "completed",
            Self::Deleted => "deleted",
        }
    }
}

/// What a workout adds to its user's totals: whole milliseconds, millimetres and small calories, so that sums are exact in any order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    pub duration_ms: Option<i64>,
    pub distance_mm: Option<i64>,
    pub calories_cal: Option<i64>,
}

impl Workout {
    /// What holds, whoever said it.
    pub fn facts(&self) -> Facts {
        let recorded = self.recorded.as_ref().map(|recorded| &recorded.facts);
        self.corrected.or(&recorded.map_or_else(|| self.told.clone(), |recorded| recorded.or(&self.told)))
    }

    /// What it amounts to now.
    pub fn amounts_to(&self, heart: Heart) -> Metrics {
        let told = Metrics::of_told(&self.told, &self.heart_rate_bpm, heart);
        let metrics = match &self.recorded {
            None => told,
            Some(Recorded { metrics, .. }) => Metrics {
                distance_m: metrics.distance_m.or(told.distance_m),
                calories_kcal: metrics.calories_kcal.or(told.calories_kcal),
                ..metrics.clone()
            },
        };
        metrics.corrected(&self.corrected, &self.facts())
    }
}

impl Share {
    /// Of what a workout amounts to.
    pub fn of(metrics: &Metrics) -> Self {
        let thousandths = |value: Option<f64>| value.map(|value| (value * 1_000.0).round() as i64);
        Self {
            duration_ms: thousandths(metrics.elapsed_s),
            distance_mm: thousandths(metrics.distance_m),
            calories_cal: thousandths(metrics.calories_kcal),
        }
    }
}
