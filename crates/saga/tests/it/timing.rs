//! Time-outs: of a step, of an undo, of the whole.

use std::time::Duration;

use saga::{Input, Plan, State, Step, StepState::*, Timer};

use crate::given::*;

#[test]
fn a_step_without_answer_in_time_is_undone_since_it_may_have_happened() {
    given(order())
        .done(&["reserve"])
        .when(fire(do_timer("charge")))
        .then(&[disarm(Timer::Saga), undo("charge", 1), arm(undo_timer("charge", 1), 92)])
        .undone(&["charge", "reserve"])
        .then_state(State::Compensated)
        .then_reported("payment_timeout", Some("charge: no answer in time"));
}

#[test]
fn the_saga_as_a_whole_times_out() {
    given(order())
        .done(&["reserve"])
        .when(fire(Timer::Saga))
        .then(&[disarm(do_timer("charge")), undo("charge", 1), arm(undo_timer("charge", 1), 92)])
        .undone(&["charge", "reserve"])
        .then_reported("saga_timeout", Some("order was not complete after 600s"));
}

#[test]
fn an_undo_without_answer_in_time_counts_as_failed() {
    given(order())
        .done(&["reserve"])
        .when(Input::cancel("customer_request"))
        .when(fire(undo_timer("charge", 1)))
        .then(&[undo("reserve", 1), arm(undo_timer("reserve", 1), 33)])
        .undone(&["reserve"])
        .then_state(State::CompensationFailed)
        .then_reported("customer_request", Some("undo of charge: no answer in time"));
}

#[test]
fn a_timer_of_an_earlier_attempt_does_not_hit_the_present_one() {
    given(order())
        .when(Input::cancel("customer_request"))
        .when(Input::undo_failed("reserve", "shop gone"))
        .when(Input::Retry)
        .when(fire(undo_timer("reserve", 1)))
        .then_ignored()
        .undone(&["reserve"])
        .then_state(State::Compensated);
}

#[test]
fn a_timer_that_was_cancelled_and_fires_all_the_same_is_ignored() {
    given(order())
        .done(&["reserve"])
        .when(fire(do_timer("reserve")))
        .then_ignored()
        .done(&["charge", "ship", "confirm"])
        .when(fire(Timer::Saga))
        .then_ignored()
        .then_state(State::Completed);
}

#[test]
fn a_step_without_an_undo_that_times_out_is_left_as_failed() {
    let wait = Duration::from_secs(10);
    let mail = Step { undoable: false, ..Step::new("mail", wait, "mail_timeout") };
    given(Plan::new("p", wait).step(Step::new("a", wait, "a_timeout")).step(mail))
        .done(&["a"])
        .when(fire(do_timer("mail")))
        .then_steps(&[Undoing, Failed])
        .undone(&["a"])
        .then_reported("mail_timeout", Some("mail: no answer in time"));
}

#[test]
fn times_beyond_the_end_of_time_are_cut_off() {
    given(Plan::new("p", Duration::MAX)).when(Input::Start).then_ignored();
    let (_, actions) = saga::Ledger::start(&Plan::new("p", Duration::MAX), "x", 5);
    assert_eq!(actions[0], saga::Action::ArmTimer { timer: Timer::Saga, due_us: i64::MAX });
}
