//! A recording as its device wrote it: samples in the order of time, laps, and what the device itself summed up.

/// A recording that can be used: there are samples, each with a time, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recording {
    /// `running`, `cycling`, …; where the file says so.
    pub kind: Option<String>,
    pub samples: Vec<Sample>,
    pub laps: Vec<Lap>,
    /// Kilocalories, as the device counted them.
    pub calories_kcal: Option<f64>,
}

/// One point. What no sensor gave is absent.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sample {
    /// Microseconds since 1970 UTC.
    pub at_us: i64,
    pub heart_rate_bpm: Option<f64>,
    /// Steps or turns a minute.
    pub cadence_rpm: Option<f64>,
    pub speed_mps: Option<f64>,
    /// Metres from the start.
    pub distance_m: Option<f64>,
    /// Degrees, WGS 84; with the other.
    pub latitude: Option<f64>,
    pub longitude: Option<f64>,
    pub altitude_m: Option<f64>,
    pub temperature_c: Option<f64>,
    pub power_w: Option<f64>,
}

/// One lap.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lap {
    /// Microseconds since 1970 UTC.
    pub started_at_us: Option<i64>,
    pub elapsed_s: Option<f64>,
    pub distance_m: Option<f64>,
    pub average_heart_rate_bpm: Option<f64>,
    pub calories_kcal: Option<f64>,
}

/// Why a recording cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}: {detail}")]
pub struct Refused {
    pub reason: Reason,
    /// For people.
    pub detail: String,
}

/// The same for machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It cannot be read to its end.
    Damaged,
    /// It can be read, and no activity is in it.
    NotAWorkout,
    /// An activity of which nobody knows when it was.
    NoTimes,
    /// Neither FIT nor TCX nor GPX.
    UnknownFormat,
    /// More than is taken.
    TooLarge,
}

impl Reason {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Damaged, Self::NotAWorkout, Self::NoTimes, Self::UnknownFormat, Self::TooLarge];

    /// As events and answers say it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Damaged => "damaged",
            Self::NotAWorkout => "not_a_workout",
            Self::NoTimes => "no_times",
            Self::UnknownFormat => "unknown_format",
            Self::TooLarge => "too_large",
        }
    }

    /// Says why.
    pub fn because(self, detail: impl std::fmt::Display) -> Refused {
        Refused { reason: self, detail: detail.to_string().chars().take(300).collect() }
    }
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Recording {
    /// Microseconds since 1970 UTC of the first and the last sample.
    pub fn span_us(&self) -> Option<(i64, i64)> {
        Some((self.samples.first()?.at_us, self.samples.last()?.at_us))
    }
}
