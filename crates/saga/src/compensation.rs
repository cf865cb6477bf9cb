//! The way back: what was done, or may have been, is undone in reverse.

use crate::engine::{Ignored, Turn};
use crate::{Action, Ledger, State, StepRecord, StepState, Timer, UndoRecord};

impl Ledger {
    pub(crate) fn cancel(&mut self, turn: &mut Turn<'_>, reason: String) -> Result<(), Ignored> {
        match self.state {
            State::Running | State::Completed => {
                self.compensate(turn, reason, None);
                Ok(())
            }
            state => Err(format!("it is {state:?} already")),
        }
    }

    pub(crate) fn retry(&mut self, turn: &mut Turn<'_>) -> Result<(), Ignored> {
        if self.state != State::CompensationFailed {
            return Err(format!("it is {:?}: there is nothing to retry", self.state));
        }
        self.state = State::Compensating;
        self.undo_below(turn, self.steps.len());
        Ok(())
    }

    /// Turns back. This happens once in the life of a saga, so that the first reason and the first error stay.
    pub(crate) fn compensate(&mut self, turn: &mut Turn<'_>, reason: String, error: Option<String>) {
        self.disarm(turn, |_| true);
        self.state = State::Compensating;
        self.reason = Some(reason);
        self.error = error;
        for record in self.steps.iter_mut().filter(|it| it.state == StepState::Running) {
            record.finished_at_us = Some(turn.now_us);
            if !turn.plan.undoable(&record.name) {
                record.state = StepState::Failed;
            }
        }
        self.undo_below(turn, self.steps.len());
    }

    pub(crate) fn undo_done(&mut self, turn: &mut Turn<'_>, step: &str) -> Result<(), Ignored> {
        let at = self.find(step)?;
        match self.steps[at].state {
            StepState::Undoing => {
                self.settle_undo(turn, at, StepState::Undone, None);
                self.undo_below(turn, at);
                Ok(())
            }
            // It had been given up and came after all. On the way back the end will say how the saga stands; after it, the last such undo
            // makes good what had failed.
            StepState::UndoFailed => {
                self.settle_undo(turn, at, StepState::Undone, None);
                if self.state == State::CompensationFailed && !self.some_undo_failed() {
                    self.end_compensation(turn);
                }
                Ok(())
            }
            state => Err(format!("{step} is {state:?}, not Undoing")),
        }
    }

    pub(crate) fn undo_failed(&mut self, turn: &mut Turn<'_>, at: usize, error: String) {
        self.error.get_or_insert_with(|| error.clone());
        self.settle_undo(turn, at, StepState::UndoFailed, Some(error));
        self.undo_below(turn, at);
    }

    /// What was done stays. As long as nothing is undone, nothing was refused on the way and no failure announced, the saga can still do the rest.
    pub(crate) fn undo_refused(&mut self, turn: &mut Turn<'_>, at: usize, error: String) {
        let broken = |it: &StepRecord| matches!(it.state, StepState::Undone | StepState::UndoFailed | StepState::Failed);
        let again = self.steps[at].undo.as_ref().is_some_and(|undo| undo.attempts > 1);
        if again || self.steps.iter().any(broken) {
            return self.undo_failed(turn, at, error);
        }
        self.settle_undo(turn, at, StepState::Done, Some(error.clone()));
        self.steps[at].error = None;
        (self.reason, self.error) = (None, None);
        turn.actions.push(Action::TurnedForward { why: error });
        if self.completed_at_us.is_some() {
            self.state = State::Completed;
        } else {
            self.state = State::Running;
            self.arm(turn, Timer::Saga, Some(turn.plan.timeout));
            self.go_on(turn);
        }
    }

    fn settle_undo(&mut self, turn: &mut Turn<'_>, at: usize, state: StepState, error: Option<String>) {
        let record = &mut self.steps[at];
        record.state = state;
        if let Some(undo) = &mut record.undo {
            undo.finished_at_us = Some(turn.now_us);
            undo.error = error.or(undo.error.take());
        }
        let name = record.name.clone();
        self.disarm(turn, |it| matches!(it, Timer::Undo { step, .. } if *step == name));
    }

    /// Undoes the last step before `limit` that needs it, or ends. Steps from `limit` on have had their turn in this round, so a failed one
    /// among them waits for a retry.
    fn undo_below(&mut self, turn: &mut Turn<'_>, limit: usize) {
        let next = self.steps[..limit].iter_mut().rfind(|it| match it.state {
            StepState::Running | StepState::Done => turn.plan.undoable(&it.name),
            StepState::UndoFailed => true,
            StepState::Pending | StepState::Failed | StepState::Undoing | StepState::Undone => false,
        });
        let Some(record) = next else { return self.end_compensation(turn) };
        let attempt = record.undo.as_ref().map_or(0, |it| it.attempts) + 1;
        let error = record.undo.take().and_then(|it| it.error);
        record.undo = Some(UndoRecord { attempts: attempt, started_at_us: turn.now_us, finished_at_us: None, error });
        record.state = StepState::Undoing;
        let step = record.name.clone();
        let timeout = turn.plan.find(&step).and_then(|it| it.undo_timeout);
        turn.actions.push(Action::Undo { step: step.clone(), attempt });
        self.arm(turn, Timer::Undo { step, attempt }, timeout);
    }

    fn end_compensation(&mut self, turn: &mut Turn<'_>) {
        if self.some_undo_failed() {
            self.state = State::CompensationFailed;
            turn.actions.push(Action::CompensationFailed { error: self.error.clone().unwrap_or_default() });
        } else {
            self.state = State::Compensated;
            turn.actions.push(Action::Compensated { reason: self.reason.clone().unwrap_or_default() });
        }
    }

    fn some_undo_failed(&self) -> bool {
        self.steps.iter().any(|it| it.state == StepState::UndoFailed)
    }
}
