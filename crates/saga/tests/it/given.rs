//! given / when / then over the plan of an order.

use std::time::Duration;

use saga::{Action, Input, Ledger, Plan, State, Step, StepState, Timer};

pub const SECOND: i64 = 1_000_000;

pub fn order() -> Plan {
    Plan::new("order", Duration::from_secs(600))
        .step(Step::new("reserve", Duration::from_secs(30), "reserve_timeout"))
        .step(Step::new("charge", Duration::from_secs(60), "payment_timeout").undo_timeout(Duration::from_secs(90)))
        .step(Step::new("ship", Duration::from_secs(30), "shipping_timeout"))
        .step(Step::local("confirm"))
}

/// A saga and what its last input asked for. The clock moves one second with every input.
pub struct Given {
    pub plan: Plan,
    pub ledger: Ledger,
    pub actions: Vec<Action>,
    pub now_us: i64,
}

pub fn given(plan: Plan) -> Given {
    let (ledger, actions) = Ledger::start(&plan, "o-1", 0);
    Given { plan, ledger, actions, now_us: 0 }
}

impl Given {
    pub fn when(mut self, input: Input) -> Self {
        self.now_us += SECOND;
        self.actions = self.ledger.on(&self.plan, input, self.now_us);
        self
    }

    pub fn done(self, steps: &[&str]) -> Self {
        steps.iter().fold(self, |it, step| it.when(Input::done(*step)))
    }

    pub fn then(self, expected: &[Action]) -> Self {
        assert_eq!(self.actions, expected);
        self
    }

    /// These undos succeed, in this order, and each counts.
    pub fn undone(self, steps: &[&str]) -> Self {
        steps.iter().fold(self, |it, step| it.when(Input::undone(*step)).then_taken())
    }

    pub fn then_taken(self) -> Self {
        assert!(!self.is_ignored(), "{:?}", self.actions);
        self
    }

    pub fn then_ignored(self) -> Self {
        assert!(self.is_ignored(), "{:?}", self.actions);
        self
    }

    fn is_ignored(&self) -> bool {
        matches!(self.actions[..], [Action::Ignored { .. }])
    }

    pub fn then_state(self, state: State) -> Self {
        assert_eq!(self.ledger.state, state);
        self
    }

    pub fn then_steps(self, states: &[StepState]) -> Self {
        let found: Vec<_> = self.ledger.steps.iter().map(|step| step.state).collect();
        assert_eq!(found, states);
        self
    }

    pub fn then_reported(self, reason: &str, error: Option<&str>) -> Self {
        assert_eq!((self.ledger.reason.as_deref(), self.ledger.error.as_deref()), (Some(reason), error));
        self
    }
}

pub fn perform(step: &str) -> Action {
    Action::Do { step: step.into(), attempt: 1 }
}

pub fn undo(step: &str, attempt: u32) -> Action {
    Action::Undo { step: step.into(), attempt }
}

pub fn do_timer(step: &str) -> Timer {
    Timer::Do { step: step.into(), attempt: 1 }
}

pub fn undo_timer(step: &str, attempt: u32) -> Timer {
    Timer::Undo { step: step.into(), attempt }
}

pub fn arm(timer: Timer, due_s: i64) -> Action {
    Action::ArmTimer { timer, due_us: due_s * SECOND }
}

pub fn disarm(timer: Timer) -> Action {
    Action::CancelTimer { timer }
}

pub fn fire(timer: Timer) -> Input {
    Input::TimerFired { timer }
}

pub fn compensated(reason: &str) -> Action {
    Action::Compensated { reason: reason.into() }
}
