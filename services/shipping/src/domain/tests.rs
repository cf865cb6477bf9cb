//! Given / when / then for everything that may become of a shipment.

use super::*;

fn wish() -> CreateRequest {
    CreateRequest {
        shipment_id: "s".into(),
        order_id: "o".into(),
        lines: vec![Line { product_id: "phone".into(), sku_id: String::new(), quantity: 2 }],
        address: Address { city: "Hangzhou".into(), ..Address::default() },
    }
}

fn requested() -> Shipment {
    create(None, wish()).unwrap().shipment.expect("a shipment")
}

fn yes() -> BookingOutcome {
    BookingOutcome::Booked { tracking_number: "T1".into() }
}

fn shipment_in(status: Status) -> Shipment {
    Shipment { status, tracking_number: "T1".into(), ..requested() }
}

#[test]
fn a_shipment_asks_the_carrier_and_is_there_with_its_yes() {
    let asked = create(None, wish()).unwrap();
    assert!(matches!(&asked.ask, Some(Ask::Book { shipment_id, address, .. }) if shipment_id == "s" && address.city == "Hangzhou"));
    assert_eq!(asked.event, None, "nothing has happened yet");
    let booked = settle_booking(&asked.shipment.unwrap(), yes());
    assert!(matches!(&booked.event, Some(Event::Created { lines, .. }) if lines.len() == 1));
    assert_eq!(booked.shipment.unwrap(), shipment_in(Status::Created));
}

#[test]
fn the_carriers_no_fails_it_with_a_reason() {
    let refused = settle_booking(&requested(), BookingOutcome::Refused { reason: "no_route".into() });
    assert!(matches!(&refused.event, Some(Event::Failed { reason, .. }) if reason == "no_route"));
    assert_eq!(refused.shipment.unwrap().status, Status::Failed);
}

#[test]
fn a_booking_that_may_have_been_made_fails_and_is_taken_back() {
    let taken_back = Some(Ask::CancelBooking { shipment_id: "s".into() });
    let silent = || BookingOutcome::Unknown { reason: "carrier_timeout".into() };
    let failed = settle_booking(&requested(), silent());
    assert!(matches!(&failed.event, Some(Event::Failed { reason, .. }) if reason == "carrier_timeout"));
    assert_eq!((failed.shipment.unwrap().status, failed.ask), (Status::Failed, taken_back.clone()));
    let cancelled = settle_booking(&shipment_in(Status::Cancelled), silent());
    assert_eq!(cancelled, Decision { ask: taken_back, ..Decision::default() });
}

#[test]
fn asking_and_answering_again_change_nothing() {
    for status in Status::ALL.into_iter().filter(|status| *status != Status::Cancelled) {
        assert_eq!(create(Some(&shipment_in(status)), wish()).unwrap(), Decision::default());
    }
    for status in [Status::Created, Status::Dispatched, Status::Delivered, Status::Failed] {
        assert_eq!(settle_booking(&shipment_in(status), yes()), Decision::default());
    }
}

#[test]
fn an_undo_before_its_shipment_refuses_the_late_one() {
    let tombstone = cancel(None, "o", "saga_timeout");
    assert!(matches!(&tombstone.event, Some(Event::Cancelled { shipment_id, .. }) if shipment_id.is_empty()));
    assert_eq!(create(tombstone.shipment.as_ref(), wish()).unwrap_err(), Rejection::OrderReleased { order_id: "o".into() });
}

#[test]
fn a_yes_that_comes_after_the_undo_is_taken_back() {
    let cancelled = cancel(Some(&requested()), "o", "saga_timeout");
    assert_eq!(cancelled.ask, None, "there may be nothing to take back");
    let cancelled = cancelled.shipment.unwrap();
    let late = settle_booking(&cancelled, yes());
    assert_eq!(late, Decision { ask: Some(Ask::CancelBooking { shipment_id: "s".into() }), ..Decision::default() });
    assert_eq!(settle_booking(&cancelled, BookingOutcome::Refused { reason: "no".into() }), Decision::default());
}

#[test]
fn a_created_shipment_is_cancelled_at_the_carrier_too() {
    let decision = cancel(Some(&shipment_in(Status::Created)), "o", "customer_request");
    assert_eq!(decision.ask, Some(Ask::CancelBooking { shipment_id: "s".into() }));
    assert!(matches!(&decision.event, Some(Event::Cancelled { reason, .. }) if reason == "customer_request"));
    let again = cancel(decision.shipment.as_ref(), "o", "customer_request");
    assert!(matches!(again, Decision { shipment: None, ask: None, event: Some(Event::Cancelled { .. }) }), "answered once more: {again:?}");
}

#[test]
fn what_is_under_way_is_not_cancelled() {
    for status in [Status::Dispatched, Status::Delivered] {
        let decision = cancel(Some(&shipment_in(status)), "o", "customer_request");
        assert!(matches!(&decision.event, Some(Event::CancelRefused { reason, .. }) if reason == status.as_str()));
        assert_eq!((decision.shipment, decision.ask), (None, None));
    }
}

#[test]
fn goods_travel_by_the_table_only() {
    for from in Status::ALL {
        let shipment = shipment_in(from);
        for (to, outcome) in [(Status::Dispatched, dispatch(&shipment, "")), (Status::Delivered, deliver(&shipment))] {
            match outcome {
                Ok(decision) => assert!(TRANSITIONS.contains(&(from, to)) && decision.shipment.unwrap().status == to),
                Err(rejection) => {
                    assert_eq!(rejection, Rejection::ForbiddenTransition { from, to });
                    assert!(!TRANSITIONS.contains(&(from, to)));
                    assert!(rejection.to_string().contains(from.as_str()) && rejection.to_string().contains(to.as_str()));
                }
            }
        }
    }
}

#[test]
fn the_number_at_dispatch_wins_over_the_one_at_booking() {
    let number = |given| match dispatch(&shipment_in(Status::Created), given).unwrap().event {
        Some(Event::Dispatched { tracking_number, .. }) => tracking_number,
        other => panic!("{other:?}"),
    };
    assert_eq!((number(""), number("T2")), ("T1".to_owned(), "T2".to_owned()));
}
