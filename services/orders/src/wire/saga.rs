//! A saga's ledger, as it is shown.

use contracts_orders::v1 as orders;
use messaging::headers::timestamp;
use saga::{Ledger, State, StepRecord, StepState};

/// The ledger on the wire.
pub fn saga(ledger: &Ledger) -> orders::Saga {
    orders::Saga {
        saga_id: ledger.saga_id.clone(),
        state: state(ledger.state).into(),
        steps: ledger.steps.iter().map(step).collect(),
        error: ledger.error.clone().unwrap_or_default(),
        order_id: ledger.saga_id.clone(),
        started_at: Some(timestamp(ledger.started_at_us)),
        finished_at: ledger.state.is_terminal().then(|| timestamp(ledger.updated_at_us)),
    }
}

fn step(record: &StepRecord) -> orders::SagaStep {
    let undo = record.undo.as_ref();
    let finished_at_us = undo.map_or(record.finished_at_us, |undo| undo.finished_at_us);
    let failed_undo = undo.filter(|_| record.state == StepState::UndoFailed).and_then(|undo| undo.error.clone());
    orders::SagaStep {
        name: record.name.clone(),
        state: step_state(record.state).into(),
        attempts: record.attempts + undo.map_or(0, |undo| undo.attempts),
        started_at: record.started_at_us.map(timestamp),
        finished_at: finished_at_us.map(timestamp),
        error: failed_undo.or_else(|| record.error.clone()).unwrap_or_default(),
    }
}

fn state(state: State) -> orders::SagaState {
    match state {
        State::Running => orders::SagaState::Running,
        State::Completed => orders::SagaState::Completed,
        State::Compensating => orders::SagaState::Compensating,
        State::Compensated => orders::SagaState::Compensated,
        State::CompensationFailed => orders::SagaState::CompensationFailed,
    }
}

/// The state of that number; `None` for UNSPECIFIED and for numbers that are none.
pub fn state_of(number: i32) -> Option<State> {
    State::ALL.into_iter().find(|known| state(*known) as i32 == number)
}

fn step_state(state: StepState) -> orders::SagaStepState {
    match state {
        StepState::Pending => orders::SagaStepState::Pending,
        StepState::Running => orders::SagaStepState::Running,
        StepState::Done => orders::SagaStepState::Done,
        StepState::Failed => orders::SagaStepState::Failed,
        StepState::Undoing => orders::SagaStepState::Compensating,
        StepState::Undone => orders::SagaStepState::Compensated,
        StepState::UndoFailed => orders::SagaStepState::CompensationFailed,
    }
}
