//! The static description of a saga: its steps, their order, and how long each may take.

use std::collections::BTreeSet;
use std::time::Duration;

/// A kind of saga, e.g. `order`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// What the ledger and the telemetry call it.
    pub name: &'static str,
    /// In the order in which they are done.
    pub steps: Vec<Step>,
    /// How long doing all steps may take. Undoing is not bounded by it: every undo has its own.
    pub timeout: Duration,
    /// The reason reported when that time is up.
    pub timeout_reason: &'static str,
}

/// One step of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// `[a-z0-9_-]+`, unique in its plan.
    pub name: &'static str,
    /// Whether there is an undo. Without one the step is passed over by a compensation.
    pub undoable: bool,
    /// How long to wait for the answer; `None` = only the saga's own time-out holds.
    pub timeout: Option<Duration>,
    /// The reason reported when that time is up, e.g. `payment_timeout`.
    pub timeout_reason: &'static str,
    /// How long to wait for the undo's answer before it counts as failed; `None` = for ever.
    pub undo_timeout: Option<Duration>,
}

/// Why a plan cannot be used. Worth a check when the service starts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// The name would not survive in a timer's name.
    #[error("saga {plan}: step name {step:?} is not [a-z0-9_-]+")]
    BadName {
        /// The plan.
        plan: &'static str,
        /// The step.
        step: &'static str,
    },
    /// Answers could not be told apart.
    #[error("saga {plan}: step {step} is there twice")]
    Twice {
        /// The plan.
        plan: &'static str,
        /// The step.
        step: &'static str,
    },
}

impl Plan {
    /// A plan without steps; its time-out is reported as `saga_timeout`.
    pub fn new(name: &'static str, timeout: Duration) -> Self {
        Self { name, steps: Vec::new(), timeout, timeout_reason: "saga_timeout" }
    }

    /// Adds a step behind the others.
    #[must_use]
    pub fn step(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    /// The step of that name.
    pub fn find(&self, name: &str) -> Option<&Step> {
        self.steps.iter().find(|step| step.name == name)
    }

    /// Whether the step has an undo. A step that this plan no longer knows is taken to have one: a saga in flight outlives a deploy.
    pub(crate) fn undoable(&self, name: &str) -> bool {
        self.find(name).is_none_or(|step| step.undoable)
    }

    /// Refuses names that are unfit or there twice.
    pub fn validate(&self) -> Result<(), PlanError> {
        let mut seen = BTreeSet::new();
        for Step { name, .. } in &self.steps {
            let fit = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_' || c == b'-';
            if name.is_empty() || !name.bytes().all(fit) {
                return Err(PlanError::BadName { plan: self.name, step: name });
            }
            if !seen.insert(name) {
                return Err(PlanError::Twice { plan: self.name, step: name });
            }
        }
        Ok(())
    }
}

impl Step {
    /// A step done and undone by another service, each within `timeout`.
    pub fn new(name: &'static str, timeout: Duration, timeout_reason: &'static str) -> Self {
        Self { name, undoable: true, timeout: Some(timeout), timeout_reason, undo_timeout: Some(timeout) }
    }

    /// A step that the saga's own service does in the transition that begins it: no waiting, no undo.
    pub fn local(name: &'static str) -> Self {
        Self { name, undoable: false, timeout: None, timeout_reason: "", undo_timeout: None }
    }

    /// Gives the undo another time than the do.
    #[must_use]
    pub fn undo_timeout(mut self, timeout: Duration) -> Self {
        self.undo_timeout = Some(timeout);
        self
    }
}
