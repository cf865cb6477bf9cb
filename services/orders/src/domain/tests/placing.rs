//! Which wishes become orders.

use super::*;

/// The fields that are wrong, and how.
fn faults(wish: Place) -> Vec<(String, &'static str)> {
    match place(wish, &catalogue()) {
        Err(Rejection::Invalid(violations)) => violations.into_iter().map(|wrong| (wrong.field, wrong.fault.as_str())).collect(),
        other => panic!("should be refused: {other:?}"),
    }
}

fn one(field: &str, fault: &'static str) -> Vec<(String, &'static str)> {
    vec![(field.to_owned(), fault)]
}

#[test]
fn the_total_is_the_catalogues() {
    let placed = place(wish(vec![item("PROD-001", 2), item("PROD-003", 1)]), &catalogue()).unwrap();
    assert_eq!(placed.total, cny(1_599_700));
    assert_eq!((placed.items[0].name.as_str(), &placed.items[0].unit_price), ("iPhone 15", &cny(699_900)));
    assert_eq!(Order::new(placed).status, Status::Pending);
}

#[test]
fn a_price_sent_along_must_be_the_catalogues() {
    let shown = |price| wish(vec![item("PROD-001", 1), WantedItem { unit_price: Some(price), ..item("PROD-003", 1) }]);
    assert!(place(shown(cny(199_900)), &catalogue()).is_ok());
    assert_eq!(faults(shown(cny(199_899))), one("items[1].unit_price", "price_mismatch"));
    assert_eq!(faults(shown(Money::new(199_900, "EUR"))), one("items[1].unit_price", "price_mismatch"));
}

#[test]
fn unknown_products_are_named_by_line() {
    assert_eq!(faults(wish(vec![item("PROD-001", 1), item("ghost", 1)])), one("items[1].product_id", "unknown_product"));
}

#[test]
fn a_variant_must_be_one_of_the_products() {
    let shirt = |sku_id: &str| wish(vec![WantedItem { sku_id: sku_id.into(), ..item("shirt", 1) }]);
    assert!(place(shirt("m"), &catalogue()).is_ok());
    assert_eq!(faults(shirt("")), one("items[0].sku_id", "required"));
    assert_eq!(faults(shirt("xxl")), one("items[0].sku_id", "unknown_product"));
    let phone = WantedItem { sku_id: "m".into(), ..item("PROD-001", 1) };
    assert_eq!(faults(wish(vec![phone])), one("items[0].sku_id", "unknown_product"));
}

#[test]
fn quantities_and_lines_have_limits() {
    assert!(place(wish(vec![item("PROD-001", MAX_QUANTITY)]), &catalogue()).is_ok());
    assert_eq!(faults(wish(vec![item("PROD-001", MAX_QUANTITY + 1)])), one("items[0].quantity", "out_of_range"));
    assert_eq!(faults(wish(vec![item("PROD-001", 0)])), one("items[0].quantity", "out_of_range"));
    assert!(place(wish(vec![item("PROD-001", 1); MAX_LINES]), &catalogue()).is_ok());
    assert_eq!(faults(wish(vec![item("PROD-001", 1); MAX_LINES + 1])), one("items", "too_many"));
    assert_eq!(faults(wish(Vec::new())), one("items", "required"));
}

#[test]
fn an_order_belongs_to_somebody() {
    assert_eq!(faults(Place { user_id: String::new(), ..wish(vec![item("PROD-001", 1)]) }), one("user_id", "required"));
}

#[test]
fn an_order_is_in_one_currency() {
    assert_eq!(faults(wish(vec![item("PROD-001", 1), item("milk", 1)])), one("items[1].product_id", "mixed_currencies"));
}

#[test]
fn a_total_that_nobody_could_pay_is_refused() {
    assert_eq!(place(wish(vec![item("moon", 1)]), &catalogue()).unwrap().total, cny(MAX_AMOUNT));
    assert_eq!(faults(wish(vec![item("moon", 2)])), one("items", "overflow"));
    assert_eq!(faults(wish(vec![item("moon", 1), item("PROD-001", 1)])), one("items", "overflow"));
}

#[test]
fn every_fault_is_told_at_once() {
    let told = faults(wish(vec![item("ghost", 0), WantedItem { unit_price: Some(cny(1)), ..item("PROD-001", 0) }]));
    let fields: Vec<&str> = told.iter().map(|(field, _)| field.as_str()).collect();
    assert_eq!(fields, ["items[0].quantity", "items[0].product_id", "items[1].quantity", "items[1].unit_price"]);
}
