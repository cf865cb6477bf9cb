//! The simplest participants: they count what is in effect.

use std::collections::BTreeMap;

use super::{Participant, Refusal};

/// Does and undoes any step, and remembers for each what it did last.
#[derive(Debug, Default)]
pub struct Tally {
    steps: BTreeMap<(String, String), Mark>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    Done,
    /// Undone, or never to be done.
    Tombstone,
}

impl Participant for Tally {
    fn perform(&mut self, saga: &str, step: &str) -> Result<(), Refusal> {
        match self.steps.entry((saga.to_owned(), step.to_owned())).or_insert(Mark::Done) {
            Mark::Done => Ok(()),
            Mark::Tombstone => Err(Refusal { reason: "undone".into(), error: format!("{step} was undone before") }),
        }
    }

    fn undo(&mut self, saga: &str, step: &str) -> Result<(), String> {
        self.steps.insert((saga.to_owned(), step.to_owned()), Mark::Tombstone);
        Ok(())
    }

    fn audit(&self, in_effect: &[&str]) {
        let mut found: Vec<_> = self.steps.iter().filter(|(_, mark)| **mark == Mark::Done).map(|((_, step), _)| step.as_str()).collect();
        let mut expected = in_effect.to_vec();
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!(found, expected, "steps in effect");
    }
}
