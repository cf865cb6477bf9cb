//! Given / when / then for everything that may be done with a payment.

use super::*;

fn cny(minor_units: i64) -> Money {
    Money::new(minor_units, "CNY")
}

fn wish() -> ChargeRequest {
    ChargeRequest { payment_id: "p".into(), order_id: "o".into(), amount: cny(1_000), method: "card".into(), token: "tok_ok".into() }
}

fn pending() -> Payment {
    charge(None, wish()).unwrap().payment.expect("a payment")
}

fn yes() -> ChargeOutcome {
    ChargeOutcome::Charged { provider_reference: "ch_1".into() }
}

fn paid() -> Payment {
    settle_charge(&pending(), yes()).payment.expect("a payment")
}

/// A refund asked for and given.
fn refunded(payment: &Payment, refund_id: &str, amount: Option<i64>) -> Payment {
    let asked = refund(payment, None, refund_id, amount.map(cny).as_ref(), "why").unwrap();
    settle_refund(&asked.payment.unwrap(), &asked.refund.unwrap(), RefundOutcome::Refunded).payment.unwrap()
}

#[test]
fn a_charge_asks_the_provider_under_the_payments_id() {
    let decision = charge(None, wish()).unwrap();
    let ask = Ask::Charge { payment_id: "p".into(), amount: cny(1_000), method: "card".into(), token: "tok_ok".into() };
    assert_eq!((decision.ask, decision.events.len()), (Some(ask), 0));
    assert_eq!(charge(Some(&pending()), wish()).unwrap(), Decision::default(), "again changes nothing");
    assert_eq!(charge(Some(&paid()), wish()).unwrap(), Decision::default());
    let negative = ChargeRequest { amount: cny(-1), ..wish() };
    assert_eq!(charge(None, negative).unwrap_err().reason(), "bad_amount");
}

#[test]
fn the_providers_yes_completes_once() {
    let decision = settle_charge(&pending(), yes());
    assert!(matches!(&decision.events[..], [Event::Completed { provider_reference, .. }] if provider_reference == "ch_1"), "{decision:?}");
    assert_eq!(settle_charge(&paid(), yes()), Decision::default());
    assert_eq!(settle_charge(&paid(), ChargeOutcome::TimedOut), Decision::default());
}

#[test]
fn a_no_and_silence_fail_for_their_own_reason() {
    for (outcome, expected) in [
        (ChargeOutcome::Declined { reason: "card_declined".into() }, ("payment_declined", false)),
        (ChargeOutcome::TimedOut, ("payment_timeout", true)),
    ] {
        let decision = settle_charge(&pending(), outcome);
        let [Event::Failed { reason, retriable, .. }] = &decision.events[..] else { panic!("{decision:?}") };
        assert_eq!((reason.as_str(), *retriable), expected);
        assert_eq!(decision.payment.unwrap().status, Status::Failed);
    }
}

#[test]
fn refunds_come_in_parts_up_to_the_amount() {
    let part = refunded(&paid(), "r1", Some(400));
    assert_eq!((part.status, part.refunded, part.refunding, part.left()), (Status::PartiallyRefunded, 400, 0, 600));
    let rejection = refund(&part, None, "r2", Some(&cny(601)), "").unwrap_err();
    assert_eq!(rejection, Rejection::ExceedsLeft { requested: 601, left: 600 });
    let all = refunded(&part, "r2", None);
    assert_eq!((all.status, all.refunded, all.left()), (Status::Refunded, 1_000, 0));
    assert_eq!(refund(&all, None, "r3", None, "").unwrap_err(), Rejection::NotRefundable { status: Status::Refunded });
}

#[test]
fn a_refund_tells_its_part_and_the_total() {
    let part = refunded(&paid(), "r1", Some(400));
    let asked = refund(&part, None, "r2", Some(&cny(100)), "scratched").unwrap();
    assert_eq!(asked.ask, Some(Ask::Refund { refund_id: "r2".into(), payment_id: "p".into(), amount: cny(100) }));
    let done = settle_refund(&asked.payment.unwrap(), &asked.refund.unwrap(), RefundOutcome::Refunded);
    let [Event::Refunded { amount, refunded_total, reason, .. }] = &done.events[..] else { panic!("{done:?}") };
    assert_eq!((amount, refunded_total, reason.as_str()), (&cny(100), &cny(500), "scratched"));
}

#[test]
fn money_that_is_on_its_way_back_is_not_given_twice() {
    let asked = refund(&paid(), None, "r1", Some(&cny(700)), "").unwrap();
    let waiting = asked.payment.unwrap();
    assert_eq!(refund(&waiting, None, "r2", Some(&cny(400)), "").unwrap_err(), Rejection::ExceedsLeft { requested: 400, left: 300 });
    assert_eq!(refund(&waiting, asked.refund.as_ref(), "r1", Some(&cny(700)), "").unwrap(), Decision::default());

    let refused = settle_refund(&waiting, &asked.refund.unwrap(), RefundOutcome::Refused { reason: "no".into() });
    assert!(matches!(&refused.events[..], [Event::RefundFailed { error, .. }] if error == "no"));
    assert_eq!(refused.payment.unwrap().left(), 1_000, "free again");
    assert_eq!(settle_refund(&waiting, &refused.refund.unwrap(), RefundOutcome::Refunded), Decision::default(), "settled once");
}

#[test]
fn what_cannot_be_refunded_is_refused_with_a_reason() {
    let refused = |payment: &Payment, amount: Money| refund(payment, None, "r", Some(&amount), "").unwrap_err().reason();
    assert_eq!(refused(&pending(), cny(1)), "not_refundable");
    assert_eq!(refused(&paid(), cny(0)), "bad_amount");
    assert_eq!(refused(&paid(), cny(-5)), "bad_amount");
    assert_eq!(refused(&paid(), Money::new(1, "EUR")), "other_currency");
}

#[test]
fn an_undo_gives_back_all_that_is_left() {
    let part = refunded(&paid(), "r1", Some(400));
    let decision = undo(Some(&part), None, "o", "undo", "shipping_failed");
    assert_eq!(decision.ask, Some(Ask::Refund { refund_id: "undo".into(), payment_id: "p".into(), amount: cny(600) }));
}

#[test]
fn an_undo_where_nothing_was_taken_says_so() {
    let failed = settle_charge(&pending(), ChargeOutcome::TimedOut).payment.unwrap();
    for payment in [failed, refunded(&paid(), "r1", None)] {
        let decision = undo(Some(&payment), None, "o", "undo", "");
        assert!(matches!(&decision.events[..], [Event::Refunded { amount, .. }] if amount.minor_units == 0), "{decision:?}");
        assert_eq!((decision.ask, decision.payment), (None, None));
    }
}

#[test]
fn an_undo_before_its_charge_refuses_the_late_charge() {
    let tombstone = undo(None, None, "o", "undo", "saga_timeout");
    assert!(matches!(&tombstone.events[..], [Event::Refunded { order_id, .. }] if order_id == "o"));
    assert_eq!(charge(tombstone.payment.as_ref(), wish()).unwrap_err(), Rejection::Voided { order_id: "o".into() });
}

#[test]
fn an_undo_while_the_provider_is_asked_waits_for_its_word() {
    let waiting = undo(Some(&pending()), None, "o", "undo", "saga_timeout");
    assert_eq!((waiting.events.len(), waiting.ask), (0, None));
    let waiting = waiting.payment.unwrap();

    let went_through = settle_charge(&waiting, yes());
    assert!(matches!(&went_through.events[..], [Event::Completed { .. }]));
    assert_eq!(went_through.ask, Some(Ask::Refund { refund_id: "undo".into(), payment_id: "p".into(), amount: cny(1_000) }));
    assert_eq!(went_through.payment.unwrap().left(), 0);

    let did_not = settle_charge(&waiting, ChargeOutcome::TimedOut);
    assert!(
        matches!(&did_not.events[..], [Event::Failed { .. }, Event::Refunded { amount, .. }] if amount.minor_units == 0),
        "{did_not:?}"
    );
}

#[test]
fn an_undo_that_the_provider_refused_can_be_tried_again() {
    let asked = undo(Some(&paid()), None, "o", "undo", "");
    let (payment, pending_refund) = (asked.payment.unwrap(), asked.refund.unwrap());
    assert_eq!(undo(Some(&payment), Some(&pending_refund), "o", "undo", ""), Decision::default(), "its own end is the answer");
    let refused = settle_refund(&payment, &pending_refund, RefundOutcome::Refused { reason: "closed".into() });
    let again = undo(refused.payment.as_ref(), refused.refund.as_ref(), "o", "undo", "");
    assert!(again.ask.is_some());
}

#[test]
fn a_charge_that_may_have_been_made_fails_and_is_inquired_into() {
    let decision = settle_charge(&pending(), ChargeOutcome::Unknown);
    assert!(matches!(&decision.events[..], [Event::Failed { reason, retriable: true, .. }] if reason == "payment_timeout"), "{decision:?}");
    assert_eq!(decision.ask, Some(Ask::Inquire { payment_id: "p".into() }));
    let unclear = decision.payment.unwrap();
    assert_eq!((unclear.status, unclear.left()), (Status::Failed, 0));

    let was_not = settle_inquiry(&unclear, None);
    assert_eq!((&was_not.events[..], was_not.payment.as_ref().map(|it| it.unclear)), (&[][..], Some(false)));
    let was = settle_inquiry(&unclear, Some("ch_1"));
    assert_eq!(was.events, [], "the order was told already");
    assert_eq!(was.ask, Some(Ask::Refund { refund_id: "p-late".into(), payment_id: "p".into(), amount: cny(1_000) }));
    let back = settle_refund(&was.payment.unwrap(), &was.refund.unwrap(), RefundOutcome::Refunded);
    assert_eq!(back.payment.unwrap().status, Status::Refunded);
}

#[test]
fn an_undo_of_what_may_have_been_charged_waits_until_the_provider_says() {
    let unclear = settle_charge(&pending(), ChargeOutcome::Unknown).payment.unwrap();
    let asked = undo(Some(&unclear), None, "o", "undo", "");
    assert_eq!((asked.events.len(), &asked.ask), (0, &Some(Ask::Inquire { payment_id: "p".into() })));
    let waiting = asked.payment.unwrap();
    assert!(matches!(settle_inquiry(&waiting, Some("ch_1")).ask, Some(Ask::Refund { refund_id, .. }) if refund_id == "undo"));
    let was_not = settle_inquiry(&waiting, None);
    assert!(matches!(&was_not.events[..], [Event::Refunded { amount, .. }] if amount.minor_units == 0), "{was_not:?}");

    let silent = give_up_inquiry(&waiting, "silent");
    assert!(matches!(&silent.events[..], [Event::RefundFailed { refund_id, .. }] if refund_id == "undo"), "{silent:?}");
    let again = undo(silent.payment.as_ref(), None, "o", "undo", "");
    assert!(matches!(again.ask, Some(Ask::Inquire { .. })), "{again:?}");
}

#[test]
fn an_undo_that_came_first_waits_through_an_unclear_charge() {
    let waiting = undo(Some(&pending()), None, "o", "undo", "saga_timeout").payment.unwrap();
    let unclear = settle_charge(&waiting, ChargeOutcome::Unknown);
    assert!(matches!(&unclear.events[..], [Event::Failed { .. }]), "{unclear:?}");
    let found = settle_inquiry(&unclear.payment.unwrap(), Some("ch_1"));
    assert!(matches!(found.ask, Some(Ask::Refund { refund_id, .. }) if refund_id == "undo"));
}
