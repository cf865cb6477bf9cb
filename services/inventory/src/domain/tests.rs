//! Given / when / then for everything that may be done with stock.

use super::*;

fn shelf(products: &[(&str, u32)]) -> Shelf {
    products.iter().map(|(id, stock)| ((*id).to_owned(), Product::new(*id, *stock))).collect()
}

fn line(product_id: &str, quantity: u32) -> Line {
    Line { product_id: product_id.into(), sku_id: String::new(), quantity }
}

/// What the store would hold after this decision.
fn after(shelf: &Shelf, decision: &Decision) -> Shelf {
    let mut shelf = shelf.clone();
    for product in &decision.products {
        shelf.insert(product.product_id.clone(), product.clone());
    }
    shelf
}

fn hold(shelf: &Shelf, lines: &[Line]) -> (Shelf, Reservation) {
    let decision = reserve(shelf, None, "o", lines).expect("there is enough");
    (after(shelf, &decision), decision.reservation.expect("a reservation"))
}

fn low(decision: &Decision) -> Vec<(&str, u32, u32)> {
    decision
        .events
        .iter()
        .filter_map(|event| match event {
            Event::LowStock { product_id, stock, threshold, .. } => Some((product_id.as_str(), *stock, *threshold)),
            _ => None,
        })
        .collect()
}

#[test]
fn every_line_is_held_and_says_what_remains() {
    let shelf = shelf(&[("phone", 100), ("buds", 200)]);
    let decision = reserve(&shelf, None, "o", &[line("phone", 2), line("buds", 1)]).unwrap();
    let Event::Reserved { order_id, lines } = &decision.events[0] else { panic!("{decision:?}") };
    assert_eq!(order_id, "o");
    assert_eq!(lines.iter().map(|line| (line.quantity, line.remaining_stock)).collect::<Vec<_>>(), [(2, 98), (1, 199)]);
    let now = after(&shelf, &decision);
    assert_eq!((now["phone"].stock, now["phone"].reserved, now["phone"].available()), (100, 2, 98), "on the shelf until confirmed");
}

#[test]
fn too_little_in_the_second_line_holds_nothing() {
    let shelf = shelf(&[("apple", 10), ("pear", 1)]);
    let refusal = reserve(&shelf, None, "o", &[line("apple", 2), line("pear", 5)]).unwrap_err();
    assert_eq!((refusal.reason(), refusal.product_id(), refusal.available(), refusal.requested()), ("insufficient_stock", "pear", 1, 5));
}

#[test]
fn the_same_product_in_two_lines_adds_up() {
    let few = shelf(&[("apple", 10)]);
    let refusal = reserve(&few, None, "o", &[line("apple", 6), line("apple", 5)]).unwrap_err();
    assert_eq!(refusal, Refusal::InsufficientStock { product_id: "apple".into(), available: 10, requested: 11 });
    let (held, _) = hold(&shelf(&[("apple", 11)]), &[line("apple", 6), line("apple", 5)]);
    assert_eq!(held["apple"].available(), 0);
    let most = reserve(&few, None, "o", &[line("apple", u32::MAX), line("apple", u32::MAX)]).unwrap_err();
    assert_eq!(most.requested(), 2 * u64::from(u32::MAX), "no overflow");
}

#[test]
fn unknown_and_withdrawn_products_are_not_found() {
    let gone = withdraw(Some(&Product::new("pear", 5)), "pear").unwrap();
    let shelf = after(&shelf(&[("pear", 5)]), &gone);
    for product in ["pear", "ghost"] {
        let refusal = reserve(&shelf, None, "o", &[line(product, 1)]).unwrap_err();
        assert_eq!((refusal.reason(), refusal.product_id(), refusal.requested()), ("product_not_found", product, 1));
    }
    assert_eq!(withdraw(shelf.get("pear"), "pear").unwrap(), Decision::default(), "again changes nothing");
    assert_eq!(withdraw(None, "ghost").unwrap_err().reason(), "product_not_found");
}

#[test]
fn what_is_promised_to_one_order_is_not_there_for_the_next() {
    let (held, _) = hold(&shelf(&[("apple", 10)]), &[line("apple", 8)]);
    assert_eq!(reserve(&held, None, "p", &[line("apple", 3)]).unwrap_err().available(), 2);
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
    assert!(matches!(&decision.events[..], [Event::Released { lines, .. }] if lines.len() == 2), "{decision:?}");
    assert_eq!(after(&held, &decision), shelf(&[("apple", 20)]));
    assert_eq!(release(&held, decision.reservation.as_ref(), "o").unwrap(), Decision::default());
}

#[test]
fn an_undo_before_its_do_refuses_the_late_do() {
    let shelf = shelf(&[("apple", 20)]);
    let tombstone = release(&shelf, None, "o").unwrap();
    assert_eq!((tombstone.events.len(), tombstone.products.len()), (0, 0));
    let refusal = reserve(&shelf, tombstone.reservation.as_ref(), "o", &[line("apple", 1)]).unwrap_err();
    assert_eq!(refusal.reason(), "order_released");
}

#[test]
fn deducting_moves_stock_for_good_once() {
    let (held, reservation) = hold(&shelf(&[("phone", 100)]), &[line("phone", 2)]);
    let decision = deduct(&held, Some(&reservation), "o").unwrap();
    let now = after(&held, &decision);
    assert_eq!((now["phone"].stock, now["phone"].reserved), (98, 0));
    assert!(matches!(&decision.events[1], Event::StockChanged { delta: -2, stock: 98, cause: Cause::Deducted, .. }), "{decision:?}");
    let deducted = decision.reservation.as_ref();
    assert_eq!(deduct(&now, deducted, "o").unwrap(), Decision::default());
    assert_eq!(release(&now, deducted, "o").unwrap_err().reason(), "already_deducted");
}

#[test]
fn only_what_is_held_is_deducted() {
    let shelf = shelf(&[("phone", 100)]);
    assert_eq!(deduct(&shelf, None, "o").unwrap_err().reason(), "not_held");
    let tombstone = release(&shelf, None, "o").unwrap().reservation;
    assert_eq!(deduct(&shelf, tombstone.as_ref(), "o").unwrap_err().reason(), "not_held");
}

#[test]
fn returns_come_in_parts_and_never_exceed_what_went_out() {
    let (held, reservation) = hold(&shelf(&[("phone", 100)]), &[line("phone", 2), line("phone", 3)]);
    assert_eq!(return_lines(&held, Some(&reservation), "o", &[line("phone", 1)]).unwrap_err().reason(), "not_deducted");
    let gone = deduct(&held, Some(&reservation), "o").unwrap();
    let gone_shelf = after(&held, &gone);

    let part = return_lines(&gone_shelf, gone.reservation.as_ref(), "o", &[line("phone", 3)]).unwrap();
    let part_shelf = after(&gone_shelf, &part);
    assert_eq!(part_shelf["phone"].stock, 98);
    let too_much = return_lines(&part_shelf, part.reservation.as_ref(), "o", &[line("phone", 1), line("phone", 2)]).unwrap_err();
    assert_eq!(too_much, Rejection::ReturnsTooMuch { product_id: "phone".into(), requested: 2, left: 1 });
    let foreign = return_lines(&part_shelf, part.reservation.as_ref(), "o", &[line("buds", 1)]).unwrap_err();
    assert_eq!(foreign.reason(), "returns_too_much");

    let rest = return_all(&part_shelf, part.reservation.as_ref(), "o").unwrap();
    assert_eq!(after(&part_shelf, &rest)["phone"].stock, 100);
    assert_eq!(return_all(&part_shelf, rest.reservation.as_ref(), "o").unwrap(), Decision::default());
}

#[test]
fn restocking_adds_and_says_so() {
    let product = Product::new("milk", 5);
    let decision = restock(Some(&product), "milk", "", 500).unwrap();
    assert_eq!(decision.products[0].stock, 505);
    assert!(matches!(&decision.events[0], Event::Restocked { quantity: 500, stock: 505, .. }));
    assert!(matches!(&decision.events[1], Event::StockChanged { delta: 500, stock: 505, cause: Cause::Restocked, .. }));
    assert_eq!(restock(None, "ghost", "", 1).unwrap_err().reason(), "product_not_found");
    assert_eq!(restock(Some(&product), "milk", "", 0).unwrap_err().reason(), "nothing_to_add");
    assert_eq!(restock(Some(&product), "milk", "", u32::MAX).unwrap_err().reason(), "too_much_stock");
    assert_eq!(restock(Some(&product), "milk", "", i32::MAX as u32).unwrap_err().reason(), "too_much_stock");
}

#[test]
fn low_stock_is_announced_once_per_crossing() {
    let shelf = shelf(&[("apple", 14)]);
    let above = reserve(&shelf, None, "a", &[line("apple", 3)]).unwrap();
    assert_eq!(low(&above), [], "11 is above 10");
    let shelf = after(&shelf, &above);
    let crossing = reserve(&shelf, None, "b", &[line("apple", 1)]).unwrap();
    assert_eq!(low(&crossing), [("apple", 10, 10)], "at the threshold is low");
    let shelf = after(&shelf, &crossing);
    let below = reserve(&shelf, None, "c", &[line("apple", 5)]).unwrap();
    assert_eq!(low(&below), [], "said already");
    let shelf = after(&shelf, &below);

    let still_low = restock(shelf.get("apple"), "apple", "", 5).unwrap();
    let shelf = after(&shelf, &still_low);
    assert_eq!(low(&reserve(&shelf, None, "d", &[line("apple", 1)]).unwrap()), [], "10 is not above 10: not re-armed");

    let full = restock(shelf.get("apple"), "apple", "", 5).unwrap();
    let shelf = after(&shelf, &full);
    assert_eq!(low(&reserve(&shelf, None, "e", &[line("apple", 7)]).unwrap()), [("apple", 8, 10)], "re-armed above it");
}

#[test]
fn deducting_what_was_held_does_not_cross_again() {
    let (held, reservation) = hold(&shelf(&[("apple", 12)]), &[line("apple", 5)]);
    assert_eq!(low(&deduct(&held, Some(&reservation), "o").unwrap()), []);
}

#[test]
fn a_product_that_starts_low_crosses_nothing() {
    assert_eq!(low(&reserve(&shelf(&[("rare", 3)]), None, "o", &[line("rare", 1)]).unwrap()), []);
}

#[test]
fn a_raised_threshold_announces_what_is_low_by_it() {
    let product = Product::new("apple", 30);
    assert_eq!(low(&set_threshold(&product, 30)), [("apple", 30, 30)]);
    assert_eq!(low(&set_threshold(&product, 29)), []);
}
