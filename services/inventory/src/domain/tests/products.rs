//! What happens to one product without an order.

use super::*;

#[test]
fn a_new_product_announces_what_it_brings() {
    let shirt = Product::with_variants("shirt", [("s".to_owned(), 3), ("m".to_owned(), 0)], 10);
    let decision = create(shirt);
    assert!(
        matches!(&decision.events[..], [Event::StockChanged { sku_id, delta: 3, stock: 3, cause: Cause::Created, .. }] if sku_id == "s"),
        "{decision:?}"
    );
}

#[test]
fn restocking_adds_and_says_so() {
    let product = Product::new("milk", 5);
    let decision = restock(Some(&product), "milk", "", 500).unwrap();
    assert_eq!(decision.products[0].stock(), 505);
    assert!(matches!(&decision.events[0], Event::Restocked { quantity: 500, stock: 505, .. }));
    assert!(matches!(&decision.events[1], Event::StockChanged { delta: 500, stock: 505, cause: Cause::Restocked, .. }));
}

#[test]
fn what_cannot_be_restocked_is_refused_with_a_reason() {
    let product = Product::new("milk", 5);
    let refused = |product, sku_id, quantity| restock(product, "milk", sku_id, quantity).unwrap_err().reason();
    assert_eq!(refused(None, "", 1), "product_not_found");
    assert_eq!(refused(Some(&product), "oat", 1), "product_not_found");
    assert_eq!(refused(Some(&product), "", 0), "nothing_to_add");
    assert_eq!(refused(Some(&product), "", -3), "nothing_to_add");
    assert_eq!(refused(Some(&product), "", MAX_STOCK), "too_much_stock");
    assert_eq!(refused(Some(&product), "", i64::MAX), "too_much_stock");
}

#[test]
fn a_withdrawn_product_is_withdrawn_once_and_takes_goods_still() {
    let gone = withdraw(Some(&Product::new("pear", 5)), "pear").unwrap();
    assert_eq!(gone.events, [Event::Withdrawn { product_id: "pear".into() }]);
    assert_eq!(withdraw(gone.products.first(), "pear").unwrap(), Decision::default());
    assert_eq!(withdraw(None, "ghost").unwrap_err().reason(), "product_not_found");
    let restocked = restock(gone.products.first(), "pear", "", 1).unwrap();
    assert!(restocked.products[0].withdrawn);
}

#[test]
fn an_order_that_holds_a_withdrawn_product_runs_on() {
    let (held, reservation) = hold(&shelf(&[("pear", 5)]), &[line("pear", 2)]);
    let held = after(&held, &withdraw(held.get("pear"), "pear").unwrap());
    let deducted = deduct(&held, Some(&reservation), "o").unwrap();
    assert_eq!(deducted.products[0].stock(), 3);
}
