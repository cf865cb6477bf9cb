//! The visible record of one saga: kept as JSON by its service, shown to whoever asks.

use serde::{Deserialize, Serialize};

use crate::Timer;

/// One saga, how far it is, and how each step went. All times are microseconds since the Unix epoch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    /// Its id and key.
    pub saga_id: String,
    /// Name of its plan.
    pub plan: String,
    /// Where it stands.
    pub state: State,
    /// In the order in which they are done; fixed at the start.
    pub steps: Vec<StepRecord>,
    /// The first error, for people.
    #[serde(default)]
    pub error: Option<String>,
    /// Why it was not completed, for machines: `payment_declined`, `customer_request`. The first one stays.
    #[serde(default)]
    pub reason: Option<String>,
    /// Timers that are neither fired nor cancelled.
    #[serde(default)]
    pub armed: Vec<Timer>,
    /// Number of transitions, 1 after the start. An ignored input leaves it as it is.
    pub version: u64,
    /// When it began.
    pub started_at_us: i64,
    /// When all its steps were done, if ever: also of one that was cancelled later.
    #[serde(default)]
    pub completed_at_us: Option<i64>,
    /// When it last moved; what a stuck-detector looks at.
    pub updated_at_us: i64,
}

/// Where a saga stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Steps are being done.
    Running,
    /// All steps are done. Only a cancellation leads on from here.
    Completed,
    /// Steps are being undone.
    Compensating,
    /// All that was done is undone. Final.
    Compensated,
    /// Some undo failed. Only a retry leads on from here.
    CompensationFailed,
}

impl State {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Running, Self::Completed, Self::Compensating, Self::Compensated, Self::CompensationFailed];

    /// Its name, as it stands in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Compensating => "compensating",
            Self::Compensated => "compensated",
            Self::CompensationFailed => "compensation_failed",
        }
    }

    /// Whether nothing is on its way any more.
    pub fn is_terminal(self) -> bool {
        matches!(self, Self::Completed | Self::Compensated | Self::CompensationFailed)
    }
}

/// How one step went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepRecord {
    /// The step.
    pub name: String,
    /// Where it stands.
    pub state: StepState,
    /// How often its command was sent.
    pub attempts: u32,
    /// When its command was sent.
    #[serde(default)]
    pub started_at_us: Option<i64>,
    /// When its answer came, or when it was given up.
    #[serde(default)]
    pub finished_at_us: Option<i64>,
    /// Why it failed or was given up.
    #[serde(default)]
    pub error: Option<String>,
    /// How its undo went, once there is one.
    #[serde(default)]
    pub undo: Option<UndoRecord>,
}

/// Where a step stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    /// Not begun.
    Pending,
    /// Its command is sent, or it is being done here.
    Running,
    /// Done. A step without an undo stays so when the saga is compensated.
    Done,
    /// Refused, or given up without an undo.
    Failed,
    /// Its undo is sent.
    Undoing,
    /// Undone.
    Undone,
    /// Its undo failed.
    UndoFailed,
}

/// How an undo went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UndoRecord {
    /// How often it was sent.
    pub attempts: u32,
    /// When it was last sent.
    pub started_at_us: i64,
    /// When its answer came, or its time was up.
    #[serde(default)]
    pub finished_at_us: Option<i64>,
    /// What it last met; kept when a retry succeeds.
    #[serde(default)]
    pub error: Option<String>,
}

impl Ledger {
    /// The record of that step.
    pub fn step(&self, name: &str) -> Option<&StepRecord> {
        self.steps.iter().find(|record| record.name == name)
    }

    /// The steps that could not be undone.
    pub fn failed_undos(&self) -> impl Iterator<Item = &StepRecord> {
        self.steps.iter().filter(|record| record.state == StepState::UndoFailed)
    }

    /// The step that is being done or undone; `None` once the saga has come to an end.
    pub fn current(&self) -> Option<&StepRecord> {
        self.steps.iter().find(|record| matches!(record.state, StepState::Running | StepState::Undoing))
    }
}

impl StepRecord {
    pub(crate) fn pending(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            state: StepState::Pending,
            attempts: 0,
            started_at_us: None,
            finished_at_us: None,
            error: None,
            undo: None,
        }
    }
}
