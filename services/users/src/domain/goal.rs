//! A goal: what it counts, in which time, and where it stands.

use super::{Period, Window, Zone};

/// How many goals of one user may be open. It bounds what one workout sets in motion.
pub const MOST_OPEN: usize = 50;
/// Sums of fractions miss by less than this.
const NOTHING: f64 = 1e-6;

/// What a goal counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Workouts.
    Workouts,
    /// Metres.
    Distance,
    /// Kilocalories.
    Calories,
    /// Seconds.
    Duration,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Workouts, Self::Distance, Self::Calories, Self::Duration];

    /// Its name, as it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Workouts => "workouts",
            Self::Distance => "distance",
            Self::Calories => "calories",
            Self::Duration => "duration",
        }
    }
}

/// Where a goal stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// To be reached.
    Active,
    /// Reached: for good, or in this period.
    Achieved,
    /// Given up.
    Abandoned,
}

/// What the workouts of some time add up to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sums {
    /// How many there are.
    pub workouts: f64,
    /// Metres.
    pub distance_m: f64,
    /// Kilocalories.
    pub calories_kcal: f64,
    /// Seconds.
    pub duration_s: f64,
}

impl Sums {
    /// What a goal of this kind counts.
    pub fn of(&self, kind: Kind) -> f64 {
        match kind {
            Kind::Workouts => self.workouts,
            Kind::Distance => self.distance_m,
            Kind::Calories => self.calories_kcal,
            Kind::Duration => self.duration_s,
        }
    }
}

/// Something a user wants to reach.
#[derive(Clone, Debug, PartialEq)]
pub struct Goal {
    /// Unique within the user.
    pub goal_id: String,
    /// Whose it is.
    pub user_id: String,
    /// What it counts.
    pub kind: Kind,
    /// In the kind's unit.
    pub target: f64,
    /// How often it begins anew.
    pub period: Period,
    /// What the user calls it.
    pub name: String,
    /// IANA; empty: UTC.
    pub time_zone: String,
    /// When it was set, microseconds since 1970 UTC.
    pub created_at_us: i64,
    /// Given up.
    pub abandoned: bool,
}

/// Why a goal cannot be set or given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// It is achieved for good.
    Achieved,
    /// There are [`MOST_OPEN`] already.
    TooMany,
}

/// Whether a user with so many open goals may set another.
pub fn may_set(open: usize) -> Result<(), Rejection> {
    if open >= MOST_OPEN { Err(Rejection::TooMany) } else { Ok(()) }
}

impl Goal {
    /// The time in which a workout that began then is counted; `None` where it does not count for this goal.
    ///
    /// A goal with periods counts from the beginning of the period in which it was set; one without, from the moment it was set.
    pub fn window(&self, at_us: i64) -> Option<Window> {
        let zone = Zone::named(&self.time_zone)?;
        let around = |at_us| match self.period {
            Period::Once => Some(Window { start: String::new(), from_us: self.created_at_us, to_us: i64::MAX }),
            Period::Weekly => zone.week(at_us),
            Period::Monthly => zone.month(at_us),
        };
        let (window, first) = (around(at_us)?, around(self.created_at_us)?);
        (window.from_us >= first.from_us && at_us >= window.from_us).then_some(window)
    }

    /// Whether so much is enough.
    pub fn is_reached(&self, sums: &Sums) -> bool {
        sums.of(self.kind) >= self.target - NOTHING.min(self.target / 2.0)
    }

    /// Where it stands; `achieved` says whether it was reached in the period that is shown.
    pub fn state(&self, achieved: bool) -> State {
        match (self.abandoned, achieved) {
            (true, _) => State::Abandoned,
            (false, true) => State::Achieved,
            (false, false) => State::Active,
        }
    }

    /// Whether giving it up changes anything.
    pub fn abandon(&self, achieved: bool) -> Result<bool, Rejection> {
        if self.period == Period::Once && achieved { Err(Rejection::Achieved) } else { Ok(!self.abandoned) }
    }

    /// Whether somebody who sets this goal again wants the same.
    pub fn is_same_wish(&self, other: &Self) -> bool {
        let wish = |goal: &Self| Self { created_at_us: 0, abandoned: false, ..goal.clone() };
        wish(self) == wish(other)
    }
}
