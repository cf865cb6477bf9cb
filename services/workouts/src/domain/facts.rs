//! What somebody says of a workout: told, recorded or corrected.

use super::metrics::seconds;

/// Facts of one origin; what it does not say is absent.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Facts {
    /// `running`, `cycling`, …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Microseconds since 1970 UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at_us: Option<i64>,
    /// Microseconds since 1970 UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at_us: Option<i64>,
    /// Seconds, pauses included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_s: Option<f64>,
    /// Metres.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub distance_m: Option<f64>,
    /// Kilocalories.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calories_kcal: Option<f64>,
    /// IANA.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
}

impl Facts {
    /// These, and where they are silent, those of `other`.
    pub fn or(&self, other: &Self) -> Self {
        Self {
            kind: self.kind.clone().or_else(|| other.kind.clone()),
            started_at_us: self.started_at_us.or(other.started_at_us),
            ended_at_us: self.ended_at_us.or(other.ended_at_us),
            duration_s: self.duration_s.or(other.duration_s),
            distance_m: self.distance_m.or(other.distance_m),
            calories_kcal: self.calories_kcal.or(other.calories_kcal),
            time_zone: self.time_zone.clone().or_else(|| other.time_zone.clone()),
            title: self.title.clone().or_else(|| other.title.clone()),
        }
    }

    /// Seconds: as said, else from start to end.
    pub fn lasted_s(&self) -> Option<f64> {
        self.duration_s.or_else(|| self.between_s())
    }

    /// Seconds from start to end, where both are known and in that order.
    pub fn between_s(&self) -> Option<f64> {
        Some(seconds(self.started_at_us?, self.ended_at_us?)).filter(|seconds| *seconds >= 0.0)
    }
}
