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
}

impl Workout {
    /// The later word counts: a workout by hand, uploaded or both is one, and a correction corrects it.
    pub fn learn(&mut self, told: &Told) {
        self.started_at_us = told.started_at_us.or(self.started_at_us);
        self.duration_s = told.duration_s.or(self.duration_s);
        self.distance_m = told.distance_m.or(self.distance_m);
        self.calories_kcal = told.calories_kcal.or(self.calories_kcal);
        self.completed |= told.completed;
    }

    /// When it counts, if it does: once it is over, until it is deleted.
    pub fn counts_at(&self) -> Option<i64> {
        self.started_at_us.filter(|_| self.completed && !self.deleted)
    }
}
