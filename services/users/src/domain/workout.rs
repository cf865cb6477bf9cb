//! What is known of a workout, from whatever told of it.

/// A workout as far as goals care. A value that nobody gave is absent.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Workout {
    /// Microseconds since 1970 UTC.
    pub started_at_us: Option<i64>,
    /// Seconds.
    pub duration_s: Option<f64>,
    /// Metres.
    pub distance_m: Option<f64>,
    /// Kilocalories.
    pub calories_kcal: Option<f64>,
    /// Somebody said that it is over.
    pub completed: bool,
    /// It is no more, and does not come back.
    pub deleted: bool,
}

/// What one event tells of a workout; what is absent stays as it is known.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Told {
    /// Microseconds since 1970 UTC.
    pub started_at_us: Option<i64>,
    /// Seconds.
    pub duration_s: Option<f64>,
    /// Metres.
    pub distance_m: Option<f64>,
    /// Kilocalories.
    pub calories_kcal: Option<f64>,
    /// Whether it says that the workout is over.
    pub completed: bool,
    /// It replaces what is known, as the word of a recording and of a correction does.
    pub corrects: bool,
}

impl Workout {
    /// A word by hand fills gaps, a recording and a correction replace: so it does not matter whether the recording or the word by hand comes first.
    pub fn learn(&mut self, told: &Told) {
        fn pick<T>(known: Option<T>, said: Option<T>, corrects: bool) -> Option<T> {
            if corrects { said.or(known) } else { known.or(said) }
        }
        self.started_at_us = pick(self.started_at_us, told.started_at_us, told.corrects);
        self.duration_s = pick(self.duration_s, told.duration_s, told.corrects);
        self.distance_m = pick(self.distance_m, told.distance_m, told.corrects);
        self.calories_kcal = pick(self.calories_kcal, told.calories_kcal, told.corrects);
        self.completed |= told.completed;
    }

    /// When it counts, if it does: once it is over, until it is deleted.
    pub fn counts_at(&self) -> Option<i64> {
        self.started_at_us.filter(|_| self.completed && !self.deleted)
    }
}
