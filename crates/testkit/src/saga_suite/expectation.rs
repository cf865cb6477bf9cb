//! What the ledger must say at each end.

use saga::{Ledger, Plan, State, StepState};

use super::{CUSTOMER_REQUEST, Course, Scenario};

pub(super) fn assert_ends(plan: &Plan, scenario: &Scenario, ends: &[Ledger]) {
    let states: Vec<_> = ends.iter().map(|ledger| ledger.state).collect();
    assert_eq!(states, scenario.ends(), "{scenario}: the ends of {ends:#?}");
    for ledger in ends {
        assert!(ledger.current().is_none(), "{scenario}: a step is still on its way in {ledger:#?}");
        assert!(ledger.armed.is_empty(), "{scenario}: timers are left in {ledger:#?}");
        assert!(ledger.steps.iter().all(|step| step.attempts <= 1), "{scenario}: a step was asked for twice in {ledger:#?}");
        match ledger.state {
            State::Completed => assert!(ledger.steps.iter().all(|step| step.state == StepState::Done), "{scenario}: {ledger:#?}"),
            _ => assert_compensated(plan, scenario, ledger),
        }
    }
}

fn assert_compensated(plan: &Plan, scenario: &Scenario, ledger: &Ledger) {
    let failed = |name: &str| scenario.undo_fails == Some(name);
    let expected = scenario.to_undo(plan);
    for step in &ledger.steps {
        let (name, undo) = (step.name.as_str(), step.undo.as_ref());
        assert_eq!(undo.is_some(), expected.contains(&name), "{scenario}: undo of {name} in {ledger:#?}");
        let (state, attempts) = match (failed(name), ledger.state) {
            (true, State::CompensationFailed) => (StepState::UndoFailed, 1),
            (true, _) => (StepState::Undone, 2),
            (false, _) => (StepState::Undone, 1),
        };
        if let Some(undo) = undo {
            assert_eq!((step.state, undo.attempts), (state, attempts), "{scenario}: {name} in {ledger:#?}");
        }
    }
    // A second attempt is a new round, so the order shows in those that were undone at the first.
    let first_round = expected.iter().filter(|name| !failed(name) || ledger.state == State::CompensationFailed);
    let begun: Vec<_> = first_round.map(|name| ledger.step(name).and_then(|it| it.undo.as_ref()).map(|it| it.started_at_us)).collect();
    assert!(begun.is_sorted(), "{scenario}: not undone in reverse: {ledger:#?}");
    assert_reported(plan, scenario, ledger);
}

/// The first error and the first reason, whatever the undos met.
fn assert_reported(plan: &Plan, scenario: &Scenario, ledger: &Ledger) {
    let reason = ledger.reason.as_deref().unwrap_or_default();
    let step = scenario.course.step().and_then(|name| ledger.step(name));
    match scenario.course {
        Course::Refused(name) => assert_eq!(ledger.step(name).map(|it| it.state), Some(StepState::Failed), "{scenario}: {ledger:#?}"),
        Course::CommandLate(name) | Course::AnswerLate(name) => {
            let reasons = [plan.timeout_reason, plan.find(name).map_or("", |it| it.timeout_reason)];
            assert!(reasons.contains(&reason), "{scenario}: reason {reason} in {ledger:#?}");
        }
        _ => assert_eq!(reason, CUSTOMER_REQUEST, "{scenario}: {ledger:#?}"),
    }
    assert!(!reason.is_empty(), "{scenario}: no reason in {ledger:#?}");
    let cancelled = matches!(scenario.course, Course::CancelledDuring(_) | Course::CancelledWhenComplete);
    let undo_error = || scenario.undo_fails.and_then(|name| ledger.step(name)?.undo.as_ref()?.error.clone());
    if cancelled {
        assert_eq!(ledger.error, undo_error(), "{scenario}: a cancellation alone is no error: {ledger:#?}");
    } else {
        assert!(ledger.error.is_some(), "{scenario}: no error in {ledger:#?}");
        assert!(scenario.undo_fails.is_none() || ledger.error != undo_error(), "{scenario}: not the first error: {ledger:#?}");
        let of_step = step.and_then(|it| it.error.clone());
        assert!(of_step.is_none() || of_step == ledger.error, "{scenario}: not the step's error: {ledger:#?}");
    }
}
