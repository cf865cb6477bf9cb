//! Goods that come back.

use super::*;

fn back(product_id: &str, quantity: u32) -> ReturnedLine {
    ReturnedLine { product_id: product_id.into(), sku_id: String::new(), quantity }
}

#[test]
fn a_part_comes_back_for_its_price() {
    let order = order_in(Status::Delivered);
    let events = return_lines(&order, &[back("PROD-001", 1)], "scratched").unwrap();
    assert_eq!(events, [Event::Returned { lines: vec![back("PROD-001", 1)], refund: cny(699_900), reason: "scratched".into() }]);
    let order = then(&order, &events);
    assert_eq!((order.status, order.refunded.clone(), order.out("PROD-001", "")), (Status::Delivered, cny(699_900), 1));
}

#[test]
fn the_last_piece_makes_it_returned() {
    let order = order_in(Status::Delivered);
    let order = then(&order, &return_lines(&order, &[back("PROD-001", 1)], "").unwrap());
    let events = return_lines(&order, &[back("PROD-003", 1), back("PROD-001", 1)], "unwanted").unwrap();
    assert_eq!(events[1], Event::StatusUpdated { previous_status: Status::Delivered, status: Status::Returned, reason: "unwanted".into() });
    let order = then(&order, &events);
    assert_eq!((order.status, order.refunded.clone()), (Status::Returned, order.placed.total.clone()));
}

#[test]
fn never_more_than_was_bought_and_is_not_back_yet() {
    let order = order_in(Status::Delivered);
    let order = then(&order, &return_lines(&order, &[back("PROD-001", 1)], "").unwrap());
    let rejection = return_lines(&order, &[back("PROD-003", 1), back("PROD-001", 2)], "").unwrap_err();
    assert_eq!(rejection, Rejection::ReturnsTooMuch { index: 1, product_id: "PROD-001".into(), requested: 2, left: 1 });
    let twice = return_lines(&order, &[back("PROD-003", 1), back("PROD-003", 1)], "").unwrap_err();
    assert_eq!(twice, Rejection::ReturnsTooMuch { index: 1, product_id: "PROD-003".into(), requested: 1, left: 0 });
    let foreign = return_lines(&order, &[back("milk", 1)], "").unwrap_err();
    assert_eq!(foreign, Rejection::ReturnsTooMuch { index: 0, product_id: "milk".into(), requested: 1, left: 0 });
}

#[test]
fn one_product_in_two_items_comes_back_as_one() {
    let placed = place(wish(vec![item("PROD-003", 1), item("PROD-003", 2)]), &catalogue()).unwrap();
    let order = Order { status: Status::Delivered, ..Order::new(placed) };
    let events = return_lines(&order, &[back("PROD-003", 3)], "").unwrap();
    assert_eq!(then(&order, &events).status, Status::Returned);
}

#[test]
fn only_what_was_delivered_comes_back() {
    for from in Status::ALL.into_iter().filter(|status| *status != Status::Delivered) {
        let rejection = return_lines(&order_in(from), &[back("PROD-001", 1)], "").unwrap_err();
        assert_eq!(rejection, Rejection::ForbiddenTransition { from, to: Status::Returned });
    }
}

#[test]
fn a_return_says_what_comes_back() {
    let fields = |lines: &[ReturnedLine]| match return_lines(&order_in(Status::Delivered), lines, "") {
        Err(Rejection::Invalid(violations)) => violations.into_iter().map(|wrong| wrong.field).collect::<Vec<_>>(),
        other => panic!("should be refused: {other:?}"),
    };
    assert_eq!(fields(&[]), ["lines"]);
    assert_eq!(fields(&[back("PROD-001", 1), back("PROD-003", 0)]), ["lines[1].quantity"]);
}
