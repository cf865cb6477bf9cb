//! From what is new to what is said on the log.

use contracts_achievements::v1::{AchievementUnlocked, MilestoneReached, ProgressUpdated};
use messaging::{Cause, headers};
use store::Work;

use crate::domain::{News, What};

/// Says it.
pub fn announce(work: &mut Work, cause: &Cause, user_id: &str, news: &News<'_>) {
    let (rule, current, target) = (news.rule, news.standing.current, news.rule.needs.target());
    let (user_id, achievement_id, achievement_name) = (user_id.to_owned(), rule.id.clone(), rule.name.clone());
    match news.what {
        What::Progress => {
            let percent = news.standing.percent;
            work.emit(cause, &ProgressUpdated { user_id, achievement_id, achievement_name, current, target, percent });
        }
        What::Milestone(milestone) => {
            let milestone = milestone.into();
            work.emit(cause, &MilestoneReached { user_id, achievement_id, achievement_name, milestone, current, target });
        }
        What::Unlocked => {
            let (icon, unlocked_at) = (rule.icon.clone(), Some(headers::timestamp(work.now_us())));
            work.emit(cause, &AchievementUnlocked { user_id, achievement_id, achievement_name, icon, unlocked_at, current, target });
        }
    }
}
