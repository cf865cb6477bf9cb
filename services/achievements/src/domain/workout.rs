//! One workout, told once or several times. A recording and a correction replace what was said before; a word by hand only fills the gaps:
//! so it does not matter which of the two comes first. What is not said stays.

use super::{Day, day_of};

/// What an event says of a workout.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// It was completed, or its recording was read.
    pub done: bool,
    /// There is a recording.
    pub uploaded: bool,
    /// It no longer counts.
    pub deleted: bool,
    /// What it says replaces what was known, as a recording's and a correction's word does.
    pub corrects: bool,
    /// Microseconds since 1970 UTC.
    pub started_at_us: Option<i64>,
    /// A zone of the IANA database, or empty.
    pub zone: String,
    pub distance_mm: Option<i64>,
    pub calories_milli: Option<i64>,
}

/// All that is known of a workout.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Workout {
    pub done: bool,
    pub uploaded: bool,
    /// For good: what was still on its way when the user deleted it does not bring it back.
    pub deleted: bool,
    /// Microseconds since 1970 UTC.
    pub started_at_us: Option<i64>,
    /// Its own, else the user's when it was told; empty as long as neither is known.
    pub zone: String,
    pub distance_mm: Option<i64>,
    pub calories_milli: Option<i64>,
}

impl Workout {
    /// Takes a report in; `users_zone` is what is known of the user, or empty.
    pub fn hear(&mut self, report: &Report, users_zone: &str) {
        self.done |= report.done;
        self.uploaded |= report.uploaded;
        self.deleted |= report.deleted;
        let pick = |known: Option<i64>, said: Option<i64>| if report.corrects { said.or(known) } else { known.or(said) };
        self.started_at_us = pick(self.started_at_us, report.started_at_us);
        self.distance_mm = pick(self.distance_mm, report.distance_mm);
        self.calories_milli = pick(self.calories_milli, report.calories_milli);
        if !report.zone.is_empty() && (report.corrects || self.zone.is_empty()) {
            self.zone.clone_from(&report.zone);
        }
        if self.zone.is_empty() && self.done {
            users_zone.clone_into(&mut self.zone);
        }
    }

    /// Whether it counts as a workout.
    pub fn counts(&self) -> bool {
        self.done && !self.deleted
    }

    /// The day it began, where the user was; `None` while nobody said when.
    pub fn day(&self) -> Option<Day> {
        self.started_at_us.map(|at| day_of(at, &self.zone))
    }

    /// What it adds to the user's counts.
    pub(super) fn share(&self) -> Share {
        let uploads = i64::from(self.uploaded && !self.deleted);
        if !self.counts() {
            return Share { uploads, ..Share::default() };
        }
        Share {
            workouts: 1,
            uploads,
            distance_mm: self.distance_mm.unwrap_or(0),
            calories_milli: self.calories_milli.unwrap_or(0),
            day: self.day(),
        }
    }
}

/// What one workout adds.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Share {
    pub(super) workouts: i64,
    pub(super) uploads: i64,
    pub(super) distance_mm: i64,
    pub(super) calories_milli: i64,
    pub(super) day: Option<Day>,
}
