//! What became of each input: applied, dead, or a repeat of what is applied.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use messaging::Envelope;
use uuid::Uuid;

use super::mutants::{Mutant, Way};
use super::system::System;
use crate::rig::{Node, eventually};

/// What must become of an input.
#[derive(Clone, Copy, PartialEq)]
enum Due {
    /// Of the log: an effect or a dead letter under its own id.
    Event,
    /// A stranger on a domain stream: a dead letter.
    Stranger,
    /// The same with a position that the log has given, or may have given meanwhile: then it is a repeat, and nothing comes of it.
    Repeat,
    /// At the door of workouts: in the log, or a dead letter.
    Ingest,
    /// At the door of inventory: in the log and then an effect, or a dead letter.
    Command,
}

/// Inputs that were taken by the broker or the log, and what is due.
#[derive(Default)]
pub struct Account {
    due: HashMap<String, Due>,
}

impl Account {
    pub fn logged(&mut self, envelopes: &[Envelope]) {
        self.due.extend(envelopes.iter().map(|envelope| (envelope.id.clone(), Due::Event)));
    }

    pub fn published(&mut self, mutant: &Mutant) {
        let due = match mutant.way {
            Way::Ingest => Due::Ingest,
            Way::Command => Due::Command,
            _ => stranger(mutant),
        };
        self.due.insert(mutant.id.clone(), due);
    }

    /// Waits until all are accounted for, and says how.
    pub async fn settle(self, system: &System) -> String {
        let patience = Duration::from_secs(60) + Duration::from_millis(5) * u32::try_from(self.due.len()).unwrap_or(u32::MAX);
        let mut left = BTreeSet::new();
        let waited = tokio::time::timeout(patience, async {
            eventually(patience * 2, async || {
                let found = Found::look(system).await;
                left = self.missing(&found);
                left.is_empty().then_some(found)
            })
            .await
        });
        let Ok(found) = waited.await else {
            panic!("{} of {} unaccounted for: {:?}", left.len(), self.due.len(), left.iter().take(10).collect::<Vec<_>>())
        };
        let (mut applied, mut dead, mut repeats) = (0, 0, 0);
        for (id, due) in &self.due {
            match found.times(id, *due) {
                (1, 0) => applied += 1,
                (0, 1) => dead += 1,
                (0, 0) if *due == Due::Repeat => repeats += 1,
                twice => panic!("{id}: (applied, dead) {twice:?}"),
            }
        }
        assert_eq!(applied + dead + repeats, self.due.len());
        format!("{} taken in: {applied} applied, {dead} dead, {repeats} repeats", self.due.len())
    }

    fn missing(&self, found: &Found) -> BTreeSet<&String> {
        self.due.iter().filter(|(id, due)| **due != Due::Repeat && found.times(id, **due) == (0, 0)).map(|(id, _)| id).collect()
    }
}

/// Told from what was sent, by the rules of the wire alone. Spoilt otherwise it is a stranger whatever its position.
fn stranger(mutant: &Mutant) -> Due {
    let mut given = mutant.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("ce-position"));
    let in_the_log = |value: &str| value.trim().parse::<u64>().is_ok_and(|position| (1..1_000_000).contains(&position));
    if given.any(|(_, value)| in_the_log(value)) { Due::Repeat } else { Due::Stranger }
}

/// What the services have of them.
struct Found {
    events: HashMap<String, usize>,
    commands: HashMap<String, usize>,
    adopted: HashMap<String, usize>,
    dead: HashMap<String, usize>,
}

impl Found {
    async fn look(system: &System) -> Self {
        let effects = "SELECT event_id AS id FROM effects";
        let letters = "SELECT event_id AS id FROM dead_letters";
        let mut dead = counted(&system.orders, letters).await;
        dead.extend(counted(&system.inventory, letters).await);
        dead.extend(counted(&system.workouts, letters).await);
        Self {
            events: counted(&system.orders, effects).await,
            commands: counted(&system.inventory, effects).await,
            adopted: counted(&system.workouts, "SELECT correlation_id AS id FROM events WHERE type = 'workout.completed'").await,
            dead,
        }
    }

    /// How often it was applied, and how often it died.
    fn times(&self, id: &str, due: Due) -> (usize, usize) {
        let in_stream = |stream: &str| Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("{stream}/{id}").as_bytes()).to_string();
        let (applied, letter) = match due {
            Due::Event => (self.events.get(id), id.to_owned()),
            Due::Stranger | Due::Repeat => (None, in_stream("EVENTS_INVENTORY")),
            Due::Ingest => (self.adopted.get(id), in_stream(messaging::INGEST)),
            Due::Command => (self.commands.get(id), in_stream("COMMANDS_INVENTORY")),
        };
        (applied.copied().unwrap_or(0), self.dead.get(&letter).copied().unwrap_or(0))
    }
}

async fn counted(node: &Node, sql: &str) -> HashMap<String, usize> {
    let rows = node.store.rows(sql, Vec::new()).await.expect("rows");
    let mut counted = HashMap::new();
    for row in rows {
        *counted.entry(row.get("id").expect("an id")).or_default() += 1;
    }
    counted
}
