//! One user: what is counted, the rows at hand that it is counted from, and how far each rule is.

use std::collections::{BTreeMap, BTreeSet};

use super::workout::Share;
use super::{Change, Counts, Day, Mark, News, Report, Rule, Standing, Workout, advance, streak};

/// A user as far as a change needs it: the workouts and marks that it names, all days, all standings.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Person {
    /// Where the user lives; empty as long as nobody said.
    pub zone: String,
    pub counts: Counts,
    /// How many workouts count on each day.
    pub days: BTreeMap<Day, u32>,
    pub workouts: BTreeMap<String, Workout>,
    pub marks: BTreeSet<(Mark, String)>,
    /// By rule.
    pub standings: BTreeMap<String, Standing>,
}

impl Person {
    /// Counts a change. The same again changes nothing.
    pub fn apply(&mut self, change: &Change) {
        match change {
            Change::Workout { id, report } => self.hear(id, report),
            Change::Set { mark, item } => {
                if self.marks.insert((*mark, item.clone())) {
                    *self.marked(*mark) += 1;
                }
            }
            Change::Unset { mark, item } => {
                if self.marks.remove(&(*mark, item.clone())) {
                    *self.marked(*mark) -= 1;
                }
            }
            Change::Zone(zone) => self.live_in(zone),
        }
    }

    /// Compares the counts with these rules; what has changed is news, in the rules' order.
    pub fn judge<'a>(&mut self, rules: impl IntoIterator<Item = &'a Rule>) -> Vec<News<'a>> {
        let mut all = Vec::new();
        for rule in rules {
            let before = self.standings.get(&rule.id).copied().unwrap_or_default();
            let (now, news) = advance(rule, &self.counts, before);
            if now != before {
                self.standings.insert(rule.id.clone(), now);
            }
            all.extend(news);
        }
        all
    }

    fn hear(&mut self, id: &str, report: &Report) {
        let zone = self.zone.clone();
        self.correct(id, |workout| workout.hear(report, &zone));
    }

    /// Workouts that came before anybody said where the user lives get their days now; for all others the move is no news.
    fn live_in(&mut self, zone: &str) {
        if self.zone.is_empty() {
            let without: Vec<String> =
                self.workouts.iter().filter(|(_, workout)| workout.zone.is_empty()).map(|(id, _)| id.clone()).collect();
            for id in without {
                self.correct(&id, |workout| zone.clone_into(&mut workout.zone));
            }
        }
        zone.clone_into(&mut self.zone);
    }

    fn correct(&mut self, id: &str, change: impl FnOnce(&mut Workout)) {
        let workout = self.workouts.entry(id.to_owned()).or_default();
        let before = workout.share();
        change(workout);
        let after = workout.share();
        self.replace(before, after);
    }

    fn replace(&mut self, before: Share, after: Share) {
        self.counts.workouts += after.workouts - before.workouts;
        self.counts.uploads += after.uploads - before.uploads;
        self.counts.distance_mm += after.distance_mm - before.distance_mm;
        self.counts.calories_milli += after.calories_milli - before.calories_milli;
        if before.day == after.day {
            return;
        }
        if let Some(day) = before.day
            && let Some(count) = self.days.get_mut(&day)
        {
            *count -= 1;
            if *count == 0 {
                self.days.remove(&day);
            }
        }
        if let Some(day) = after.day {
            *self.days.entry(day).or_default() += 1;
        }
        self.counts.streak = streak(self.days.keys().copied());
    }

    fn marked(&mut self, mark: Mark) -> &mut i64 {
        match mark {
            Mark::Goal => &mut self.counts.goals,
            Mark::FollowGiven => &mut self.counts.follows_given,
            Mark::FollowReceived => &mut self.counts.follows_received,
            Mark::LikeGiven => &mut self.counts.likes_given,
            Mark::LikeReceived => &mut self.counts.likes_received,
        }
    }
}
