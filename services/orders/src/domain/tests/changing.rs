//! Ways from one status to another.

use super::*;
use crate::domain::status::TRANSITIONS;

#[test]
fn a_good_order_goes_its_way() {
    let mut order = order_in(Status::Pending);
    let mut told = Vec::new();
    use Status::*;
    for status in [Reserved, Paid, Shipping, Confirmed, Dispatched, Delivered] {
        let events = change_status(&order, status, "", By::Process).unwrap();
        order = then(&order, &events);
        told.extend(events);
    }
    assert_eq!(order.status, Delivered);
    assert_eq!(told.iter().filter(|event| matches!(event, Event::StatusUpdated { .. })).count(), 6, "on every change");
    assert_eq!(told.iter().filter(|event| **event == Event::Confirmed).count(), 1);
}

#[test]
fn what_the_table_does_not_allow_is_refused_naming_both() {
    for from in Status::ALL {
        for to in Status::ALL {
            for by in [By::Process, By::Operator] {
                let listed = TRANSITIONS.iter().any(|(f, t, who)| (*f, *t) == (from, to) && who.contains(&by));
                let told = from == to && by == By::Process;
                match change_status(&order_in(from), to, "why", by) {
                    Ok(events) if told => assert_eq!(events, []),
                    Ok(events) => {
                        assert!(listed, "{from} to {to} by {by:?}");
                        assert_eq!(events[0], Event::StatusUpdated { previous_status: from, status: to, reason: "why".into() });
                    }
                    Err(rejection) => {
                        assert!(!listed && !told, "{from} to {to} by {by:?}");
                        assert_eq!(rejection, Rejection::ForbiddenTransition { from, to });
                        assert!(rejection.to_string().contains(from.as_str()) && rejection.to_string().contains(to.as_str()));
                    }
                }
            }
        }
    }
}

#[test]
fn the_table_says_each_way_once_and_leads_nowhere_from_the_ends() {
    let mut ways: Vec<(Status, Status)> = TRANSITIONS.iter().map(|(from, to, _)| (*from, *to)).collect();
    ways.sort();
    ways.dedup();
    assert_eq!(ways.len(), TRANSITIONS.len());
    assert!(ways.iter().all(|(from, _)| !matches!(from, Status::Cancelled | Status::Returned)));
}

#[test]
fn operators_move_goods_but_not_money() {
    let order = order_in(Status::Confirmed);
    assert!(change_status(&order, Status::Dispatched, "", By::Operator).is_ok());
    assert!(change_status(&order_in(Status::Pending), Status::Paid, "", By::Operator).is_err());
    assert!(change_status(&order, Status::Cancelled, "", By::Operator).is_err(), "that takes an undo");
}

#[test]
fn a_cancelled_order_says_why() {
    let events = change_status(&order_in(Status::Reserved), Status::Cancelled, reasons::PAYMENT_DECLINED, By::Process).unwrap();
    assert_eq!(events[1], Event::Cancelled { reason: "payment_declined".into() });
    let order = then(&order_in(Status::Reserved), &events);
    assert_eq!((order.status, order.status_reason.as_str()), (Status::Cancelled, "payment_declined"));
}

#[test]
fn cancelling_is_possible_until_it_is_dispatched() {
    use Status::*;
    for status in [Pending, Reserved, Paid, Shipping] {
        assert_eq!(cancel(&order_in(status)), Ok(Cancel::TurnSagaRound));
    }
    assert_eq!(cancel(&order_in(Confirmed)), Ok(Cancel::UndoConfirmed));
    for from in [Dispatched, Delivered, Cancelled, CompensationFailed, Returned] {
        assert_eq!(cancel(&order_in(from)), Err(Rejection::ForbiddenTransition { from, to: Cancelled }));
    }
}

#[test]
fn an_order_is_the_sum_of_its_events() {
    let placed = order_in(Status::Pending).placed;
    let mut events = vec![Event::Placed(Box::new(placed))];
    for status in [Status::Reserved, Status::Cancelled] {
        let order = Order::replay(&events).unwrap();
        events.extend(change_status(&order, status, "saga_timeout", By::Process).unwrap());
    }
    assert_eq!(Order::replay(&events).unwrap().status, Status::Cancelled);
    assert_eq!(Order::replay(&events[1..]), None, "without its placing there is no order");
}

#[test]
fn every_status_has_one_name() {
    for status in Status::ALL {
        assert_eq!(Status::from_name(status.as_str()), Some(status));
    }
    assert_eq!(Status::from_name("UNHEARD_OF"), None);
}
