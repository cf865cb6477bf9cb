//! The way back: refusals, cancellations, failed undos, retries.

use saga::{Action, Input, State, StepState::*};

use crate::given::*;

#[test]
fn a_refused_step_is_not_undone_but_the_ones_before_are_in_reverse() {
    given(order())
        .done(&["reserve", "charge"])
        .when(Input::failed("ship", "shipping_failed", "no courier"))
        .then(&[disarm(do_timer("ship")), disarm(saga::Timer::Saga), undo("charge", 1), arm(undo_timer("charge", 1), 93)])
        .when(Input::undone("charge"))
        .then(&[disarm(undo_timer("charge", 1)), undo("reserve", 1), arm(undo_timer("reserve", 1), 34)])
        .when(Input::undone("reserve"))
        .then(&[disarm(undo_timer("reserve", 1)), compensated("shipping_failed")])
        .then_steps(&[Undone, Undone, Failed, Pending])
        .then_reported("shipping_failed", Some("no courier"));
}

#[test]
fn a_refused_first_step_ends_the_saga() {
    given(order())
        .when(Input::failed("reserve", "insufficient_stock", "50 of 100"))
        .then(&[disarm(do_timer("reserve")), disarm(saga::Timer::Saga), compensated("insufficient_stock")])
        .then_steps(&[Failed, Pending, Pending, Pending]);
}

#[test]
fn a_step_that_was_given_up_is_undone_too() {
    let uncertain = Input::StepUncertain { step: "charge".into(), reason: "payment_timeout".into(), error: "4 attempts".into() };
    given(order())
        .done(&["reserve"])
        .when(uncertain)
        .then(&[disarm(saga::Timer::Saga), disarm(do_timer("charge")), undo("charge", 1), arm(undo_timer("charge", 1), 92)])
        .undone(&["charge", "reserve"])
        .then_steps(&[Undone, Undone, Pending, Pending])
        .then_reported("payment_timeout", Some("4 attempts"));
}

#[test]
fn a_cancelled_saga_undoes_the_running_step_first() {
    given(order())
        .done(&["reserve"])
        .when(Input::cancel("customer_request"))
        .then_steps(&[Done, Undoing, Pending, Pending])
        .undone(&["charge", "reserve"])
        .then_state(State::Compensated)
        .then_reported("customer_request", None);
}

#[test]
fn a_late_done_loses_to_the_undo() {
    let it = given(order()).done(&["reserve"]).when(Input::cancel("customer_request")).when(Input::done("charge")).then_ignored();
    it.when(Input::failed("charge", "payment_declined", "no money"))
        .then_ignored()
        .undone(&["charge", "reserve"])
        .then_steps(&[Undone, Undone, Pending, Pending])
        .when(Input::done("charge"))
        .then_ignored()
        .then_reported("customer_request", None);
}

#[test]
fn a_completed_saga_can_be_cancelled_and_what_has_no_undo_stays_done() {
    given(order())
        .done(&["reserve", "charge", "ship", "confirm"])
        .when(Input::cancel("customer_request"))
        .then(&[undo("ship", 1), arm(undo_timer("ship", 1), 35)])
        .undone(&["ship", "charge", "reserve"])
        .then_state(State::Compensated)
        .then_steps(&[Undone, Undone, Undone, Done]);
}

#[test]
fn the_first_reason_stays() {
    given(order())
        .done(&["reserve"])
        .when(Input::failed("charge", "payment_declined", "no money"))
        .when(Input::cancel("customer_request"))
        .then_ignored()
        .undone(&["reserve"])
        .then(&[disarm(undo_timer("reserve", 1)), compensated("payment_declined")])
        .when(Input::cancel("customer_request"))
        .then_ignored();
}

#[test]
fn a_failed_undo_does_not_stop_the_others_and_the_first_error_stays() {
    given(order())
        .done(&["reserve", "charge"])
        .when(Input::failed("ship", "shipping_failed", "no courier"))
        .when(Input::undo_failed("charge", "provider gone"))
        .then(&[disarm(undo_timer("charge", 1)), undo("reserve", 1), arm(undo_timer("reserve", 1), 34)])
        .when(Input::undone("reserve"))
        .then(&[disarm(undo_timer("reserve", 1)), Action::CompensationFailed { error: "no courier".into() }])
        .then_steps(&[Undone, UndoFailed, Failed, Pending]);
}

#[test]
fn a_retry_runs_the_failed_undos_again_in_reverse() {
    let it = given(order())
        .done(&["reserve", "charge", "ship", "confirm"])
        .when(Input::cancel("customer_request"))
        .when(Input::undo_failed("ship", "courier gone"))
        .undone(&["charge"])
        .when(Input::undo_failed("reserve", "shop gone"))
        .then_state(State::CompensationFailed)
        .then_reported("customer_request", Some("courier gone"))
        .when(Input::Retry)
        .then(&[undo("ship", 2), arm(undo_timer("ship", 2), 39)])
        .when(Input::Retry)
        .then_ignored()
        .when(Input::undo_failed("ship", "still gone"))
        .when(Input::undone("reserve"))
        .then(&[disarm(undo_timer("reserve", 2)), Action::CompensationFailed { error: "courier gone".into() }])
        .when(Input::Retry)
        .when(Input::undone("ship"))
        .then(&[disarm(undo_timer("ship", 3)), compensated("customer_request")])
        .then_steps(&[Undone, Undone, Undone, Done]);
    let ship = it.ledger.step("ship").unwrap().undo.as_ref().unwrap();
    assert_eq!((ship.attempts, ship.error.as_deref()), (3, Some("still gone")));
}

#[test]
fn the_last_undo_that_comes_after_it_was_given_up_makes_good_the_failed_compensation() {
    given(order())
        .done(&["reserve"])
        .when(Input::cancel("customer_request"))
        .when(Input::undo_failed("charge", "bank gone"))
        .when(Input::undo_failed("reserve", "shop gone"))
        .then_state(State::CompensationFailed)
        .when(Input::undone("reserve"))
        .then(&[])
        .then_state(State::CompensationFailed)
        .when(Input::undone("charge"))
        .then(&[compensated("customer_request")])
        .then_reported("customer_request", Some("bank gone"))
        .then_steps(&[Undone, Undone, Pending, Pending])
        .when(Input::undone("charge"))
        .then_ignored();
}

#[test]
fn an_undo_that_was_given_up_and_comes_while_others_are_undone_is_no_failure_in_the_end() {
    given(order())
        .done(&["reserve"])
        .when(Input::cancel("customer_request"))
        .when(Input::undo_failed("charge", "bank gone"))
        .when(Input::undone("charge"))
        .then(&[])
        .then_state(State::Compensating)
        .when(Input::undone("reserve"))
        .then(&[disarm(undo_timer("reserve", 1)), compensated("customer_request")]);
}

#[test]
fn a_cancellation_that_comes_too_late_leaves_what_was_complete() {
    given(order())
        .done(&["reserve", "charge", "ship", "confirm"])
        .when(Input::cancel("customer_request"))
        .then(&[undo("ship", 1), arm(undo_timer("ship", 1), 35)])
        .when(Input::undo_refused("ship", "dispatched"))
        .then(&[disarm(undo_timer("ship", 1)), Action::TurnedForward { why: "dispatched".into() }])
        .then_state(State::Completed)
        .then_steps(&[Done, Done, Done, Done]);
}

#[test]
fn a_step_that_cannot_be_undone_any_more_takes_the_saga_forward_again() {
    let it = given(order()).done(&["reserve", "charge"]).when(Input::cancel("customer_request"));
    let it = it.when(Input::undo_refused("ship", "dispatched")).then(&[
        disarm(undo_timer("ship", 1)),
        Action::TurnedForward { why: "dispatched".into() },
        arm(saga::Timer::Saga, 604),
        Action::Do { step: "confirm".into(), attempt: 1 },
    ]);
    assert_eq!((&it.ledger.reason, &it.ledger.error), (&None, &None));
    it.done(&["confirm"]).then_state(State::Completed);
}

#[test]
fn once_something_is_undone_too_late_is_a_failed_undo() {
    given(order())
        .done(&["reserve", "charge"])
        .when(Input::failed("ship", "shipping_failed", "no courier"))
        .when(Input::undo_refused("charge", "gone"))
        .undone(&["reserve"])
        .then_state(State::CompensationFailed)
        .then_steps(&[Undone, UndoFailed, Failed, Pending])
        .then_reported("shipping_failed", Some("no courier"));
}
