//! The ledger as JSON, and sagas that outlive a change of their plan.

use saga::{Input, Ledger, State, Step, Timer};

use crate::given::*;

#[test]
fn the_stored_form_is_readable_and_stays() {
    let it = given(order()).when(Input::failed("reserve", "insufficient_stock", "50 of 100"));
    let stored = serde_json::to_value(&it.ledger).unwrap();
    assert_eq!(stored["state"], "compensated");
    assert_eq!(stored["steps"][0]["state"], "failed");
    assert_eq!(stored["steps"][0]["error"], "50 of 100");
    let running = serde_json::to_value(given(order()).ledger).unwrap();
    assert_eq!(running["armed"], serde_json::json!(["saga", "do/reserve/1"]));
    assert_eq!(serde_json::from_value::<Ledger>(running).unwrap(), given(order()).ledger);
}

#[test]
fn timer_names_are_read_back_as_written() {
    for timer in [Timer::Saga, do_timer("reserve"), undo_timer("create_shipment", 12)] {
        assert_eq!(timer.to_string().parse(), Ok(timer));
    }
    for text in ["", "sagas", "do", "do/charge", "do/charge/x", "redo/charge/1"] {
        assert!(text.parse::<Timer>().is_err(), "{text}");
    }
}

#[test]
fn a_saga_in_flight_keeps_the_steps_it_began_with() {
    let mut it = given(order()).done(&["reserve"]);
    it.plan = order().step(Step::local("gift"));
    it.plan.steps.remove(1); // no `charge` in the new plan
    it.when(Input::cancel("customer_request"))
        .then(&[disarm(Timer::Saga), disarm(do_timer("charge")), undo("charge", 1)])
        .undone(&["charge", "reserve"])
        .then_state(State::Compensated);
}
