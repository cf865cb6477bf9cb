//! The people that a transaction is about: locked and read in a few statements, written back in a few, however many they are.

use std::collections::{BTreeMap, BTreeSet};

use store::{StoreError, Work};

use super::{marks, people, progress, workouts};
use crate::domain::{Change, Person};

/// People as they were read, and as they are now.
pub struct Book {
    before: BTreeMap<String, Person>,
    now: BTreeMap<String, Person>,
}

impl Book {
    /// Everybody whom these changes concern, with the rows that they name; new people are added.
    pub async fn open<'a>(work: &mut Work, concerns: impl Iterator<Item = &'a (String, Change)> + Clone) -> Result<Self, StoreError> {
        let users: BTreeSet<&str> = concerns.clone().map(|(user, _)| user.as_str()).collect();
        let (mut told, mut marked) = (BTreeSet::new(), BTreeSet::new());
        let (mut active, mut moved) = (BTreeSet::new(), BTreeSet::new());
        for (user, change) in concerns {
            match change {
                Change::Workout { id, .. } => {
                    told.insert((user.as_str(), id.as_str()));
                    active.insert(user.as_str());
                }
                Change::Set { mark, item } | Change::Unset { mark, item } => {
                    marked.insert((user.as_str(), *mark, item.as_str()));
                }
                Change::Zone(_) => {
                    moved.insert(user.as_str());
                    active.insert(user.as_str());
                }
            }
        }
        people::add(work, &users).await?;
        let mut found = people::lock(work, &users).await?;
        moved.retain(|user| found.get(*user).is_some_and(|person| person.zone.is_empty()));
        workouts::read(work, &told, &mut found).await?;
        workouts::read_without_zone(work, &moved, &mut found).await?;
        workouts::read_days(work, &active, &mut found).await?;
        marks::read(work, &marked, &mut found).await?;
        progress::read(work, &users, &mut found).await?;
        Ok(Self { before: found.clone(), now: found })
    }

    /// So many people behind `after`, with how far they are with one rule and nothing else.
    pub async fn page(work: &mut Work, rule_id: &str, after: &str, most: usize) -> Result<Self, StoreError> {
        let mut found = people::lock_page(work, after, most).await?;
        if let (Some(first), Some(last)) = (found.keys().next().cloned(), found.keys().next_back().cloned()) {
            progress::read_rule(work, rule_id, (&first, &last), &mut found).await?;
        }
        Ok(Self { before: found.clone(), now: found })
    }

    /// Who is in it, in order.
    pub fn people(&self) -> Vec<String> {
        self.now.keys().cloned().collect()
    }

    /// One of them.
    pub fn person(&mut self, user_id: &str) -> &mut Person {
        self.now.entry(user_id.to_owned()).or_default()
    }

    /// Writes down what is different.
    pub async fn close(self, work: &mut Work) -> Result<(), StoreError> {
        let changed: Vec<Pair<'_>> = self
            .now
            .iter()
            .filter_map(|(user, now)| self.before.get(user).map(|before| Pair { user, before, now }))
            .filter(|pair| pair.before != pair.now)
            .collect();
        people::write(work, &changed).await?;
        workouts::write(work, &changed).await?;
        marks::write(work, &changed).await?;
        progress::write(work, &changed).await
    }
}

/// A person who is not as before.
pub(super) struct Pair<'a> {
    pub(super) user: &'a str,
    pub(super) before: &'a Person,
    pub(super) now: &'a Person,
}
