//! What a saga is told, and what it asks for in return.

use crate::Timer;

/// Something that happened to a saga. All inputs of one saga come one after the other (they carry its key).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// The start again, e.g. a repeated command: [`Ledger::start`](crate::Ledger::start) was the first.
    Start,
    /// The step is done.
    StepDone {
        /// The step.
        step: String,
    },
    /// The step was refused: it did not happen and will not, so it needs no undo.
    StepFailed {
        /// The step.
        step: String,
        /// For machines, e.g. `payment_declined`.
        reason: String,
        /// For people.
        error: String,
    },
    /// The step was given up (attempts exhausted, no clear answer): it may have happened, so it is undone too.
    StepUncertain {
        /// The step.
        step: String,
        /// For machines.
        reason: String,
        /// For people.
        error: String,
    },
    /// The step is undone, or a tombstone stands for it.
    UndoDone {
        /// The step.
        step: String,
    },
    /// The undo was given up. Answers do not name the attempt: a late one counts for the present attempt, which errs towards asking again.
    UndoFailed {
        /// The step.
        step: String,
        /// For people.
        error: String,
    },
    /// It is too late to undo the step: what it did stays. While nothing else was undone the saga goes forward again, else this is a
    /// failed undo.
    UndoRefused {
        /// The step.
        step: String,
        /// For people.
        error: String,
    },
    /// A timer is due.
    TimerFired {
        /// Which.
        timer: Timer,
    },
    /// Someone wants it undone: while it runs, or after it completed (whether that is still allowed, the service decides before).
    Cancel {
        /// For machines, e.g. `customer_request`.
        reason: String,
    },
    /// An operator wants failed undos run again.
    Retry,
}

/// What to carry out in the transaction that saves the ledger, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Send the step's command, or do it here and feed `StepDone`.
    Do {
        /// The step.
        step: String,
        /// From 1.
        attempt: u32,
    },
    /// Send the step's undo.
    Undo {
        /// The step.
        step: String,
        /// From 1; higher after a retry.
        attempt: u32,
    },
    /// Let `timer` fire at `due_us`.
    ArmTimer {
        /// Which.
        timer: Timer,
        /// Microseconds since the Unix epoch.
        due_us: i64,
    },
    /// Delete an armed timer. (One that fired is deleted by whoever feeds it.)
    CancelTimer {
        /// Which.
        timer: Timer,
    },
    /// The end: all steps are done.
    Completed,
    /// The end: all that was done is undone.
    Compensated {
        /// Why the saga was not completed.
        reason: String,
    },
    /// The end, until an operator retries: some undo failed.
    CompensationFailed {
        /// The first error of the saga.
        error: String,
    },
    /// The way back is closed before anything was undone: the saga goes on with what comes behind this action, or stays complete.
    TurnedForward {
        /// For people.
        why: String,
    },
    /// The input changed nothing; always the only action.
    Ignored {
        /// For the log.
        why: String,
    },
}

impl Input {
    /// [`Input::StepDone`].
    pub fn done(step: impl Into<String>) -> Self {
        Self::StepDone { step: step.into() }
    }

    /// [`Input::StepFailed`].
    pub fn failed(step: impl Into<String>, reason: impl Into<String>, error: impl Into<String>) -> Self {
        Self::StepFailed { step: step.into(), reason: reason.into(), error: error.into() }
    }

    /// [`Input::UndoDone`].
    pub fn undone(step: impl Into<String>) -> Self {
        Self::UndoDone { step: step.into() }
    }

    /// [`Input::UndoFailed`].
    pub fn undo_failed(step: impl Into<String>, error: impl Into<String>) -> Self {
        Self::UndoFailed { step: step.into(), error: error.into() }
    }

    /// [`Input::UndoRefused`].
    pub fn undo_refused(step: impl Into<String>, error: impl Into<String>) -> Self {
        Self::UndoRefused { step: step.into(), error: error.into() }
    }

    /// [`Input::Cancel`].
    pub fn cancel(reason: impl Into<String>) -> Self {
        Self::Cancel { reason: reason.into() }
    }
}
