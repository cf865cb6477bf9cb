//! The transition function, and the way forward: one step after the other.

use std::time::Duration;

use crate::{Action, Input, Ledger, Plan, State, StepRecord, StepState, Timer};

/// Why an input changes nothing.
pub(crate) type Ignored = String;

/// One transition in the making: the plan, the time, and what has been asked for so far.
pub(crate) struct Turn<'a> {
    pub plan: &'a Plan,
    pub now_us: i64,
    pub actions: Vec<Action>,
}

impl Ledger {
    /// Begins a saga: its first step, and the time-out of the whole. A plan without steps is complete at once.
    pub fn start(plan: &Plan, saga_id: impl Into<String>, now_us: i64) -> (Self, Vec<Action>) {
        let mut ledger = Self {
            saga_id: saga_id.into(),
            plan: plan.name.to_owned(),
            state: State::Running,
            steps: plan.steps.iter().map(|step| StepRecord::pending(step.name)).collect(),
            error: None,
            reason: None,
            armed: Vec::new(),
            version: 1,
            started_at_us: now_us,
            completed_at_us: None,
            updated_at_us: now_us,
        };
        let mut turn = Turn { plan, now_us, actions: Vec::new() };
        ledger.arm(&mut turn, Timer::Saga, Some(plan.timeout));
        ledger.go_on(&mut turn);
        (ledger, turn.actions)
    }

    /// Takes one input and answers what to carry out with it. An input that does not fit is ignored and leaves the ledger as it was.
    pub fn on(&mut self, plan: &Plan, input: Input, now_us: i64) -> Vec<Action> {
        let mut turn = Turn { plan, now_us, actions: Vec::new() };
        match self.take(&mut turn, input) {
            Ok(()) => {
                self.version += 1;
                self.updated_at_us = now_us;
                turn.actions
            }
            Err(why) => vec![Action::Ignored { why }],
        }
    }

    /// Nothing is changed before the last `?` of a branch.
    fn take(&mut self, turn: &mut Turn<'_>, input: Input) -> Result<(), Ignored> {
        match input {
            Input::Start => Err("it has started already".to_owned()),
            Input::StepDone { step } => {
                let at = self.find_in(&step, StepState::Running)?;
                self.settle(turn, at, StepState::Done, None);
                self.go_on(turn);
                Ok(())
            }
            Input::StepFailed { step, reason, error } => {
                let at = self.find_in(&step, StepState::Running)?;
                self.settle(turn, at, StepState::Failed, Some(error.clone()));
                self.compensate(turn, reason, Some(error));
                Ok(())
            }
            Input::StepUncertain { step, reason, error } => {
                let at = self.find_in(&step, StepState::Running)?;
                self.give_up(turn, at, reason, error);
                Ok(())
            }
            Input::UndoDone { step } => self.undo_done(turn, &step),
            Input::UndoFailed { step, error } => {
                let at = self.find_in(&step, StepState::Undoing)?;
                self.undo_failed(turn, at, error);
                Ok(())
            }
            Input::UndoRefused { step, error } => {
                let at = self.find_in(&step, StepState::Undoing)?;
                self.undo_refused(turn, at, error);
                Ok(())
            }
            Input::TimerFired { timer } => self.fired(turn, timer),
            Input::Cancel { reason } => self.cancel(turn, reason),
            Input::Retry => self.retry(turn),
        }
    }

    fn fired(&mut self, turn: &mut Turn<'_>, timer: Timer) -> Result<(), Ignored> {
        let armed = self.armed.iter().position(|it| *it == timer).ok_or_else(|| format!("timer {timer} is not armed"))?;
        match &timer {
            Timer::Saga => {
                self.armed.remove(armed);
                let error = format!("{} was not complete after {:?}", turn.plan.name, turn.plan.timeout);
                self.compensate(turn, turn.plan.timeout_reason.to_owned(), Some(error));
            }
            Timer::Do { step, .. } => {
                let at = self.find_in(step, StepState::Running)?;
                self.armed.remove(armed);
                let reason = turn.plan.find(step).map_or(turn.plan.timeout_reason, |it| it.timeout_reason).to_owned();
                self.give_up(turn, at, reason, format!("{step}: no answer in time"));
            }
            Timer::Undo { step, .. } => {
                let at = self.find_in(step, StepState::Undoing)?;
                self.armed.remove(armed);
                self.undo_failed(turn, at, format!("undo of {step}: no answer in time"));
            }
        }
        Ok(())
    }

    /// The step may have happened: its record says why we no longer wait, and the compensation begins with it.
    fn give_up(&mut self, turn: &mut Turn<'_>, at: usize, reason: String, error: String) {
        self.steps[at].error = Some(error.clone());
        self.compensate(turn, reason, Some(error));
    }

    fn settle(&mut self, turn: &mut Turn<'_>, at: usize, state: StepState, error: Option<String>) {
        let record = &mut self.steps[at];
        record.state = state;
        record.finished_at_us = Some(turn.now_us);
        record.error = error;
        let timer = Timer::Do { step: record.name.clone(), attempt: record.attempts };
        self.disarm(turn, |it| *it == timer);
    }

    /// Begins the next step, or ends.
    pub(crate) fn go_on(&mut self, turn: &mut Turn<'_>) {
        let Some(record) = self.steps.iter_mut().find(|it| it.state == StepState::Pending) else {
            self.disarm(turn, |_| true);
            self.state = State::Completed;
            self.completed_at_us = Some(turn.now_us);
            turn.actions.push(Action::Completed);
            return;
        };
        record.state = StepState::Running;
        record.attempts += 1;
        record.started_at_us = Some(turn.now_us);
        let (step, attempt) = (record.name.clone(), record.attempts);
        let timeout = turn.plan.find(&step).and_then(|it| it.timeout);
        turn.actions.push(Action::Do { step: step.clone(), attempt });
        self.arm(turn, Timer::Do { step, attempt }, timeout);
    }

    pub(crate) fn arm(&mut self, turn: &mut Turn<'_>, timer: Timer, after: Option<Duration>) {
        let Some(after) = after else { return };
        let due_us = turn.now_us.saturating_add(i64::try_from(after.as_micros()).unwrap_or(i64::MAX));
        self.armed.push(timer.clone());
        turn.actions.push(Action::ArmTimer { timer, due_us });
    }

    pub(crate) fn disarm(&mut self, turn: &mut Turn<'_>, which: impl Fn(&Timer) -> bool) {
        for timer in self.armed.extract_if(.., |it| which(it)) {
            turn.actions.push(Action::CancelTimer { timer });
        }
    }

    pub(crate) fn find(&self, step: &str) -> Result<usize, Ignored> {
        self.steps.iter().position(|it| it.name == step).ok_or_else(|| format!("there is no step {step}"))
    }

    fn find_in(&self, step: &str, state: StepState) -> Result<usize, Ignored> {
        let at = self.find(step)?;
        let is = self.steps[at].state;
        if is == state { Ok(at) } else { Err(format!("{step} is {is:?}, not {state:?}")) }
    }
}
