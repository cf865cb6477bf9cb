//! What is counted of a user.

use super::Streak;

/// Thousandths, as a whole number: sums of these are the same in every order, and what is taken back leaves nothing behind.
pub fn thousandths(value: f64) -> i64 {
    // `as` saturates, and makes 0 of what is no number.
    (value * 1000.0).round() as i64
}

/// What a rule can count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Measure {
    Workouts,
    /// The best streak.
    StreakDays,
    /// Metres.
    Distance,
    /// Kilocalories.
    Calories,
    Goals,
    Uploads,
    FollowsGiven,
    FollowsReceived,
    LikesGiven,
    LikesReceived,
}

impl Measure {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Workouts,
        Self::StreakDays,
        Self::Distance,
        Self::Calories,
        Self::Goals,
        Self::Uploads,
        Self::FollowsGiven,
        Self::FollowsReceived,
        Self::LikesGiven,
        Self::LikesReceived,
    ];

    /// Its name in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Workouts => "total_workouts",
            Self::StreakDays => "consecutive_days",
            Self::Distance => "total_distance",
            Self::Calories => "calories_burnt",
            Self::Goals => "goals_achieved",
            Self::Uploads => "uploads",
            Self::FollowsGiven => "follows_given",
            Self::FollowsReceived => "follows_received",
            Self::LikesGiven => "likes_given",
            Self::LikesReceived => "likes_received",
        }
    }

    /// The measure of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|measure| measure.as_str() == name)
    }
}

/// All counts of one user.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub workouts: i64,
    /// Millimetres.
    pub distance_mm: i64,
    /// Thousandths of a kilocalorie.
    pub calories_milli: i64,
    /// Workouts with a recording.
    pub uploads: i64,
    pub goals: i64,
    pub follows_given: i64,
    pub follows_received: i64,
    pub likes_given: i64,
    pub likes_received: i64,
    pub streak: Streak,
}

impl Counts {
    /// What a rule sees, in the measure's unit.
    pub fn of(&self, measure: Measure) -> f64 {
        match measure {
            Measure::Workouts => self.workouts as f64,
            Measure::StreakDays => f64::from(self.streak.best),
            Measure::Distance => self.distance_mm as f64 / 1000.0,
            Measure::Calories => self.calories_milli as f64 / 1000.0,
            Measure::Goals => self.goals as f64,
            Measure::Uploads => self.uploads as f64,
            Measure::FollowsGiven => self.follows_given as f64,
            Measure::FollowsReceived => self.follows_received as f64,
            Measure::LikesGiven => self.likes_given as f64,
            Measure::LikesReceived => self.likes_received as f64,
        }
    }
}
