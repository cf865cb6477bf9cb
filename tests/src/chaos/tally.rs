//! What a run comes to: counts, violations, and the closing lines.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use super::Plan;
use super::world::Store;

/// The counts of a run.
#[derive(Clone, Debug)]
pub struct Tally {
    seed: u64,
    store: Store,
    /// How long there were faults.
    pub raged: Duration,
    /// How long it took from then on until everything was looked at.
    pub settled: Duration,
    /// How often, by the fault's name.
    pub faults: BTreeMap<&'static str, u32>,
    /// SIGKILLs of services, broker and Postgres.
    pub kills: u32,
    /// How often a process ended by itself, because the broker or the database was away while it started, and was started again.
    pub gave_up: u32,
    /// Orders that were answered.
    pub accepted: usize,
    /// Orders that were refused, all of them poison.
    pub refused: usize,
    /// Calls that had to be made again.
    pub retried: u64,
    /// How many ended in which status.
    pub statuses: BTreeMap<String, usize>,
    /// Events and commands in the history.
    pub events: usize,
    /// Publishings by the relays, those after a loss included.
    pub published: u64,
    /// Messages that were published once more under another message id.
    pub duplicates: u64,
    /// Malformed and foreign messages.
    pub malformed: u64,
    /// Dead letters, all about those.
    pub dead: u64,
    /// Accepted orders that are not there or have no end, messages that are not in the history.
    pub lost: usize,
    /// What happened twice.
    pub doubled: usize,
    /// Versions or positions out of order, steps of an order that are not allowed.
    pub disordered: usize,
    /// Rows that no relay published.
    pub unpublished: u64,
    /// `ensue check` agrees.
    pub checked: bool,
    /// What is wrong, in words.
    pub violations: Vec<String>,
    /// Where everything is kept when something is wrong.
    pub evidence: Option<PathBuf>,
}

impl Tally {
    pub(super) fn of(plan: &Plan) -> Self {
        Self {
            seed: plan.seed,
            store: plan.store,
            raged: Duration::ZERO,
            settled: Duration::ZERO,
            faults: BTreeMap::new(),
            kills: 0,
            gave_up: 0,
            accepted: 0,
            refused: 0,
            retried: 0,
            statuses: BTreeMap::new(),
            events: 0,
            published: 0,
            duplicates: 0,
            malformed: 0,
            dead: 0,
            lost: 0,
            doubled: 0,
            disordered: 0,
            unpublished: 0,
            checked: false,
            violations: Vec::new(),
            evidence: None,
        }
    }

    /// Nothing lost, nothing doubled, nothing out of order, everything agrees.
    pub fn is_clean(&self) -> bool {
        self.checked && self.violations.is_empty() && self.lost + self.doubled + self.disordered == 0 && self.unpublished == 0
    }
}

/// Violations shown; the others are counted.
const SHOWN: usize = 40;

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for violation in self.violations.iter().take(SHOWN) {
            writeln!(f, "VIOLATION: {violation}")?;
        }
        if self.violations.len() > SHOWN {
            writeln!(f, "… and {} more", self.violations.len() - SHOWN)?;
        }
        let list = |counts: Vec<String>| if counts.is_empty() { "none".to_owned() } else { counts.join(", ") };
        let (raged, settled) = (self.raged.as_secs(), self.settled.as_secs());
        let store = format!("{:?}", self.store).to_ascii_lowercase();
        writeln!(f, "chaos: {raged} s of faults, {settled} s to settle and check, {store}, seed {}", self.seed)?;
        let faults = list(self.faults.iter().map(|(name, count)| format!("{count} × {name}")).collect());
        writeln!(f, "faults: {} ({} SIGKILLs): {faults}", self.faults.values().sum::<u32>(), self.kills)?;
        let statuses = list(self.statuses.iter().map(|(status, count)| format!("{count} {status}")).collect());
        let (accepted, refused, retried) = (self.accepted, self.refused, self.retried);
        writeln!(f, "orders: {accepted} accepted ({statuses}), {refused} poison refused, {retried} calls made again")?;
        let (events, duplicates, malformed, dead) = (self.events, self.duplicates, self.malformed, self.dead);
        let published = self.published;
        writeln!(
            f,
            "messages: {events} in the history, {published} publishings seen, {duplicates} published twice by hand, {malformed} malformed or foreign, {dead} dead letters"
        )?;
        let (lost, doubled, disordered, unpublished) = (self.lost, self.doubled, self.disordered, self.unpublished);
        writeln!(
            f,
            "lost {lost}, doubled {doubled}, order violations {disordered}, unpublished {unpublished}, starts given up {}",
            self.gave_up
        )?;
        writeln!(f, "ensue check: {}", if self.checked { "everything agrees" } else { "NOT everything agrees" })?;
        if let Some(evidence) = &self.evidence {
            writeln!(f, "evidence: {}", evidence.display())?;
        }
        write!(f, "chaos: {}", if self.is_clean() { "passed" } else { "FAILED" })
    }
}
