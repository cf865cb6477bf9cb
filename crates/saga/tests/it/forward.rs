//! The way forward: steps in order, one at a time.

use std::time::Duration;

use saga::{Action, Input, Plan, PlanError, State, Step, StepState, Timer};

use crate::given::*;

#[test]
fn a_saga_starts_with_its_first_step_and_two_timers() {
    given(order()).then(&[arm(Timer::Saga, 600), perform("reserve"), arm(do_timer("reserve"), 30)]).then_state(State::Running);
}

#[test]
fn a_step_done_leads_to_the_next() {
    given(order()).done(&["reserve"]).then(&[disarm(do_timer("reserve")), perform("charge"), arm(do_timer("charge"), 61)]);
}

#[test]
fn a_local_step_has_no_timer_and_ends_in_the_same_transition() {
    let it = given(order()).done(&["reserve", "charge", "ship"]).then(&[disarm(do_timer("ship")), perform("confirm")]);
    it.done(&["confirm"]).then(&[disarm(Timer::Saga), Action::Completed]).then_state(State::Completed).then_steps(&[StepState::Done; 4]);
}

#[test]
fn the_ledger_says_when_each_step_began_and_ended() {
    let it = given(order()).done(&["reserve"]);
    let reserve = it.ledger.step("reserve").unwrap();
    assert_eq!((reserve.attempts, reserve.started_at_us, reserve.finished_at_us), (1, Some(0), Some(SECOND)));
    assert_eq!(it.ledger.current().unwrap().name, "charge");
    assert_eq!((it.ledger.version, it.ledger.updated_at_us), (2, SECOND));
}

#[test]
fn a_repeated_answer_is_ignored_and_leaves_no_trace() {
    let it = given(order()).done(&["reserve"]);
    let before = it.ledger.clone();
    let it = it.when(Input::done("reserve")).then_ignored();
    assert_eq!(it.ledger, before);
}

#[test]
fn answers_that_do_not_fit_are_ignored() {
    given(order())
        .when(Input::Start)
        .then_ignored()
        .when(Input::done("charge"))
        .then_ignored()
        .when(Input::done("no such step"))
        .then_ignored()
        .when(Input::undone("reserve"))
        .then_ignored()
        .when(Input::undo_failed("reserve", "?"))
        .then_ignored()
        .when(Input::Retry)
        .then_ignored()
        .then_state(State::Running);
}

#[test]
fn a_plan_without_steps_is_complete_at_once() {
    given(Plan::new("nothing", Duration::from_secs(1)))
        .then(&[arm(Timer::Saga, 1), disarm(Timer::Saga), Action::Completed])
        .then_state(State::Completed);
}

#[test]
fn names_that_could_be_confused_are_refused() {
    let plan = |names: &[&'static str]| names.iter().fold(Plan::new("p", Duration::ZERO), |plan, name| plan.step(Step::local(name)));
    assert_eq!(order().validate(), Ok(()));
    assert_eq!(plan(&["a", "b", "a"]).validate(), Err(PlanError::Twice { plan: "p", step: "a" }));
    assert_eq!(plan(&["a/1"]).validate(), Err(PlanError::BadName { plan: "p", step: "a/1" }));
    assert_eq!(plan(&[""]).validate(), Err(PlanError::BadName { plan: "p", step: "" }));
}
