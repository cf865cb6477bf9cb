//! How far a user is with a rule, and what of it is news.

use super::{Counts, Rule};

/// Percentages that are announced, each once.
pub const MILESTONES: [u8; 3] = [25, 50, 75];

/// How far a user is with a rule.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Standing {
    /// In the measure's unit.
    pub current: f64,
    /// min(100, current / target × 100).
    pub percent: f64,
    /// The highest milestone that was announced; 0 = none.
    pub milestone: u8,
    /// What `current` was when it was unlocked, once for ever.
    pub unlocked: Option<f64>,
}

/// Something to be announced.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct News<'a> {
    pub rule: &'a Rule,
    pub standing: Standing,
    pub what: What,
}

/// What has happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// The percentage changed.
    Progress,
    /// This milestone was passed for the first time.
    Milestone(u8),
    Unlocked,
}

/// Where the user stands now, and what is new about it: the percentage if it changed, each milestone the first time, the unlock once
/// for ever. Who goes from nothing to all in one step passes all milestones.
pub fn advance<'a>(rule: &'a Rule, counts: &Counts, before: Standing) -> (Standing, Vec<News<'a>>) {
    let (current, target) = (rule.needs.current(counts), rule.needs.target());
    let percent = if current >= target { 100.0 } else { (current / target * 100.0).max(0.0) };
    let mut standing = Standing { current, percent, ..before };
    let mut news = Vec::new();
    if percent != before.percent {
        news.push(What::Progress);
    }
    for milestone in MILESTONES {
        if milestone > before.milestone && percent >= f64::from(milestone) {
            standing.milestone = milestone;
            news.push(What::Milestone(milestone));
        }
    }
    if current >= target && before.unlocked.is_none() {
        standing.unlocked = Some(current);
        news.push(What::Unlocked);
    }
    (standing, news.into_iter().map(|what| News { rule, standing, what }).collect())
}
