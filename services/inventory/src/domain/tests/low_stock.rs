//! Low stock is said once per crossing.

use super::*;

fn low(decision: &Decision) -> Vec<(i64, i64)> {
    let announced = |event: &Event| match event {
        Event::LowStock { stock, threshold, .. } => Some((*stock, *threshold)),
        _ => None,
    };
    decision.events.iter().filter_map(announced).collect()
}

/// Orders so many apples, whoever they are for.
fn order(shelf: &mut Shelf, order_id: &str, quantity: u32) -> Vec<(i64, i64)> {
    let decision = reserve(shelf, None, order_id, &[line("apple", quantity)]).unwrap();
    *shelf = after(shelf, &decision);
    low(&decision)
}

fn refill(shelf: &mut Shelf, quantity: i64) -> Vec<(i64, i64)> {
    let decision = restock(shelf.get("apple"), "apple", "", quantity).unwrap();
    *shelf = after(shelf, &decision);
    low(&decision)
}

#[test]
fn low_stock_is_announced_once_per_crossing() {
    let mut shelf = shelf(&[("apple", 14)]);
    assert_eq!(order(&mut shelf, "a", 4), [], "10 is not below 10");
    assert_eq!(order(&mut shelf, "b", 1), [(9, 10)]);
    assert_eq!(order(&mut shelf, "c", 4), [], "said already");
    assert_eq!(refill(&mut shelf, 5), [], "10 is not above 10: not armed again");
    assert_eq!(order(&mut shelf, "d", 1), []);
    assert_eq!(refill(&mut shelf, 2), [], "11 is");
    assert_eq!(order(&mut shelf, "e", 3), [(8, 10)]);
}

#[test]
fn a_release_arms_it_again() {
    let (mut now, reservation) = hold(&shelf(&[("apple", 12)]), &[line("apple", 5)]);
    let released = release(&now, Some(&reservation), "o").unwrap();
    now = after(&now, &released);
    assert_eq!(order(&mut now, "p", 4), [(8, 10)]);
}

#[test]
fn deducting_what_was_held_does_not_cross_again() {
    let (held, reservation) = hold(&shelf(&[("apple", 12)]), &[line("apple", 5)]);
    assert_eq!(low(&deduct(&held, Some(&reservation), "o").unwrap()), []);
}

#[test]
fn two_lines_of_one_product_announce_it_once() {
    let decision = reserve(&shelf(&[("apple", 12)]), None, "o", &[line("apple", 3), line("apple", 3)]).unwrap();
    assert_eq!(low(&decision), [(6, 10)]);
}

#[test]
fn a_product_that_starts_low_crosses_nothing() {
    assert_eq!(order(&mut shelf(&[("apple", 3)]), "o", 1), []);
    assert_eq!(order(&mut shelf(&[("apple", 10)]), "o", 1), [(9, 10)], "at the threshold it is not low yet");
}
