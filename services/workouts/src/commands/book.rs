//! The workouts of one unit of work: read once, decided upon in memory, written once.

use std::collections::{BTreeMap, BTreeSet};

use messaging::Cause;
use store::{StoreError, Work};

use crate::announce;
use crate::domain::{Heart, Status, Workout};
use crate::store::{self as rows, Record, Who};

/// The workouts that a unit of work is about, locked.
pub struct Book {
    heart: Heart,
    entries: BTreeMap<Who, Entry>,
}

struct Entry {
    record: Record,
    is_new: bool,
    changed: bool,
}

impl Book {
    /// Reads these.
    pub async fn open(work: &mut Work, wanted: &BTreeSet<Who>, heart: Heart) -> Result<Self, StoreError> {
        let known = rows::lock_all(work, wanted).await?;
        let entry = |(who, record)| (who, Entry { record, is_new: false, changed: false });
        Ok(Self { heart, entries: known.into_iter().map(entry).collect() })
    }

    /// Reads one.
    pub async fn of(work: &mut Work, who: &Who, heart: Heart) -> Result<Self, StoreError> {
        Self::open(work, &[who.clone()].into(), heart).await
    }

    /// The workout as it stands in here; `None` where there is none.
    pub fn workout(&self, who: &Who) -> Option<&Workout> {
        self.record(who).map(|record| &record.workout)
    }

    /// The same with what belongs to it.
    pub fn record(&self, who: &Who) -> Option<&Record> {
        self.entries.get(who).map(|entry| &entry.record)
    }

    /// It stands otherwise from now on; what it amounts to is said, if that is another thing.
    pub fn change(&mut self, work: &mut Work, cause: &Cause, who: &Who, mut after: Workout) {
        if after.status != Status::Deleted {
            after.metrics = Some(after.amounts_to(self.heart));
        }
        announce::if_different(work, cause, who, self.workout(who), &after);
        let now = work.now_us();
        match self.entries.get_mut(who) {
            Some(entry) => {
                entry.record.workout = after;
                entry.record.updated_at_us = now;
                entry.changed = true;
            }
            None => {
                let Who { user_id, workout_id } = who.clone();
                let record = Record { user_id, workout_id, workout: after, created_at_us: now, updated_at_us: now };
                self.entries.insert(who.clone(), Entry { record, is_new: true, changed: true });
            }
        }
    }

    /// Writes down what changed.
    pub async fn close(&self, work: &mut Work) -> Result<(), StoreError> {
        let (new, changed): (Vec<&Entry>, Vec<&Entry>) =
            self.entries.values().filter(|entry| entry.changed).partition(|entry| entry.is_new);
        rows::put_all(work, &records(&new), &records(&changed)).await?;
        for entry in self.entries.values().filter(|entry| entry.changed && entry.record.workout.status == Status::Deleted) {
            let who = entry.record.who();
            rows::forget_series(work, &who).await?;
            rows::forget_known(work, &who).await?;
        }
        Ok(())
    }
}

fn records<'a>(entries: &[&'a Entry]) -> Vec<&'a Record> {
    entries.iter().map(|entry| &entry.record).collect()
}
