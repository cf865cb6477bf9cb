//! Days in a row.

use super::Day;

/// Days in a row with a workout, over the whole history.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Streak {
    /// The row that ends with the latest workout day.
    pub current: u32,
    /// The longest row.
    pub best: u32,
    /// The latest workout day.
    pub last_day: Option<Day>,
}

/// The streak of these days, each once, in ascending order.
pub fn streak(days: impl IntoIterator<Item = Day>) -> Streak {
    let mut streak = Streak::default();
    for day in days {
        let follows = streak.last_day.is_some_and(|last| last + 1 == day);
        streak.current = if follows { streak.current + 1 } else { 1 };
        streak.best = streak.best.max(streak.current);
        streak.last_day = Some(day);
    }
    streak
}
