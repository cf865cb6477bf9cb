//! Stock that orders hold, take and bring back.

use super::*;

#[test]
fn every_line_is_held_and_says_what_remains() {
    let shelf = shelf(&[("phone", 100), ("buds", 200)]);
    let decision = reserve(&shelf, None, "o", &[line("phone", 2), line("buds", 1)]).unwrap();
    let Event::Reserved { order_id, lines } = &decision.events[0] else { panic!("{decision:?}") };
    assert_eq!(order_id, "o");
    assert_eq!(lines.iter().map(|held| (held.line.quantity, held.remaining_stock)).collect::<Vec<_>>(), [(2, 98), (1, 199)]);
    let now = after(&shelf, &decision);
    assert_eq!((now["phone"].stock(), now["phone"].reserved(), now["phone"].available()), (100, 2, 98), "on the shelf until confirmed");
}

#[test]
fn too_little_in_the_second_line_holds_nothing() {
    let shelf = shelf(&[("apple", 10), ("pear", 1)]);
    let refusal = reserve(&shelf, None, "o", &[line("apple", 2), line("pear", 5)]).unwrap_err();
    assert_eq!(refusal, Refusal::InsufficientStock { product_id: "pear".into(), sku_id: String::new(), available: 1, requested: 5 });
    assert_eq!(refusal.reason(), "insufficient_stock");
}

#[test]
fn the_same_product_in_two_lines_adds_up() {
    let few = shelf(&[("apple", 10)]);
    let refusal = reserve(&few, None, "o", &[line("apple", 6), line("apple", 5)]).unwrap_err();
    assert_eq!(refusal, Refusal::InsufficientStock { product_id: "apple".into(), sku_id: String::new(), available: 10, requested: 11 });
    let (held, _) = hold(&shelf(&[("apple", 11)]), &[line("apple", 6), line("apple", 5)]);
    assert_eq!(held["apple"].available(), 0);
}

#[test]
fn unknown_and_withdrawn_products_are_not_found() {
    let gone = withdraw(Some(&Product::new("pear", 5)), "pear").unwrap();
    let shelf = after(&shelf(&[("pear", 5), ("apple", 5)]), &gone);
    let missing_variant = Line { sku_id: "green".into(), ..line("apple", 1) };
    for wanted in [line("pear", 1), line("ghost", 1), missing_variant] {
        assert_eq!(reserve(&shelf, None, "o", &[wanted]).unwrap_err().reason(), "product_not_found");
    }
}

#[test]
fn variants_have_a_stock_of_their_own() {
    let shirt = Product::with_variants("shirt", [("s".to_owned(), 3), ("m".to_owned(), 50)], 10);
    let shelf: Shelf = [("shirt".to_owned(), shirt)].into();
    let small = |quantity| Line { sku_id: "s".into(), ..line("shirt", quantity) };
    let refusal = reserve(&shelf, None, "o", &[small(4)]).unwrap_err();
    assert_eq!(refusal, Refusal::InsufficientStock { product_id: "shirt".into(), sku_id: "s".into(), available: 3, requested: 4 });
    let (held, _) = hold(&shelf, &[small(3)]);
    assert_eq!((held["shirt"].variants["s"].available(), held["shirt"].variants["m"].available()), (0, 50));
}

#[test]
fn what_is_promised_to_one_order_is_not_there_for_the_next() {
    let (held, _) = hold(&shelf(&[("apple", 10)]), &[line("apple", 8)]);
    let refusal = reserve(&held, None, "p", &[line("apple", 3)]).unwrap_err();
    assert!(matches!(refusal, Refusal::InsufficientStock { available: 2, requested: 3, .. }), "{refusal:?}");
}

#[test]
fn reserving_again_changes_nothing() {
    let (held, reservation) = hold(&shelf(&[("apple", 20)]), &[line("apple", 8)]);
    assert_eq!(reserve(&held, Some(&reservation), "o", &[line("apple", 8)]).unwrap(), Decision::default());
}

#[test]
fn a_released_order_gives_everything_back_once() {
    let (held, reservation) = hold(&shelf(&[("apple", 20)]), &[line("apple", 3), line("apple", 5)]);
    let decision = release(&held, Some(&reservation), "o").unwrap();
    assert!(matches!(&decision.events[..], [Event::Released { lines, was_deducted: false, .. }] if lines.len() == 2), "{decision:?}");
    assert_eq!(after(&held, &decision), shelf(&[("apple", 20)]));

    let again = release(&after(&held, &decision), decision.reservation.as_ref(), "o").unwrap();
    assert!(matches!(&again.events[..], [Event::Released { lines, .. }] if lines.is_empty()), "answered, with nothing: {again:?}");
    assert_eq!((again.products, again.reservation), (Vec::new(), None));
}

#[test]
fn an_undo_before_its_do_refuses_the_late_do() {
    let shelf = shelf(&[("apple", 20)]);
    let tombstone = release(&shelf, None, "o").unwrap();
    assert_eq!(tombstone.events, [Event::Released { order_id: "o".into(), lines: Vec::new(), was_deducted: false }]);
    let refusal = reserve(&shelf, tombstone.reservation.as_ref(), "o", &[line("apple", 1)]).unwrap_err();
    assert_eq!(refusal.reason(), "order_released");
}

#[test]
fn deducting_moves_stock_for_good_once() {
    let (held, reservation) = hold(&shelf(&[("phone", 100)]), &[line("phone", 2)]);
    let decision = deduct(&held, Some(&reservation), "o").unwrap();
    let now = after(&held, &decision);
    assert_eq!((now["phone"].stock(), now["phone"].reserved()), (98, 0));
    let Event::StockChanged { delta, stock, available, cause, order_id, .. } = &decision.events[1] else { panic!("{decision:?}") };
    assert_eq!((*delta, *stock, *available, cause.as_str(), order_id.as_str()), (-2, 98, 98, "deducted", "o"));
    assert_eq!(deduct(&now, decision.reservation.as_ref(), "o").unwrap(), Decision::default());
}

#[test]
fn only_what_is_held_is_deducted() {
    let shelf = shelf(&[("phone", 100)]);
    assert_eq!(deduct(&shelf, None, "o").unwrap_err().reason(), "not_held");
    let tombstone = release(&shelf, None, "o").unwrap().reservation;
    assert_eq!(deduct(&shelf, tombstone.as_ref(), "o").unwrap_err().reason(), "not_held");
}

#[test]
fn releasing_after_deduction_brings_back_what_is_still_out() {
    let (held, reservation) = hold(&shelf(&[("phone", 100)]), &[line("phone", 5)]);
    let gone = deduct(&held, Some(&reservation), "o").unwrap();
    let now = after(&held, &gone);
    let part = return_lines(&now, gone.reservation.as_ref(), "o", &[line("phone", 2)]).unwrap();
    let now = after(&now, &part);
    let late = release(&now, part.reservation.as_ref(), "o").unwrap();
    assert_eq!(late.events[0], Event::Released { order_id: "o".into(), lines: vec![line("phone", 3)], was_deducted: true });
    assert!(matches!(&late.events[1], Event::StockChanged { delta: 3, stock: 100, cause: Cause::Released, .. }), "{late:?}");
    assert_eq!(after(&now, &late)["phone"].available(), 100);
    assert_eq!(return_lines(&now, late.reservation.as_ref(), "o", &[line("phone", 1)]).unwrap_err().reason(), "not_deducted");
}

#[test]
fn returns_come_in_parts_and_never_exceed_what_went_out() {
    let (held, reservation) = hold(&shelf(&[("phone", 100)]), &[line("phone", 2), line("phone", 3)]);
    assert_eq!(return_lines(&held, Some(&reservation), "o", &[line("phone", 1)]).unwrap_err().reason(), "not_deducted");
    let gone = deduct(&held, Some(&reservation), "o").unwrap();
    let now = after(&held, &gone);

    let part = return_lines(&now, gone.reservation.as_ref(), "o", &[line("phone", 3)]).unwrap();
    let now = after(&now, &part);
    assert_eq!(now["phone"].stock(), 98);
    let too_much = return_lines(&now, part.reservation.as_ref(), "o", &[line("phone", 1), line("phone", 2)]).unwrap_err();
    assert_eq!(too_much, Rejection::ReturnsTooMuch { product_id: "phone".into(), requested: 2, left: 1 });
    let foreign = return_lines(&now, part.reservation.as_ref(), "o", &[line("buds", 1)]).unwrap_err();
    assert_eq!(foreign.reason(), "returns_too_much");

    let rest = return_lines(&now, part.reservation.as_ref(), "o", &[line("phone", 2)]).unwrap();
    assert_eq!(after(&now, &rest)["phone"].stock(), 100);
    let nothing_out = return_lines(&now, rest.reservation.as_ref(), "o", &[line("phone", 1)]).unwrap_err();
    assert_eq!(nothing_out.reason(), "returns_too_much");
}
