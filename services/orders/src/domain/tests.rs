//! Given / when / then for everything that may become of an order.

mod changing;
mod placing;
mod returning;

use super::*;

fn cny(minor_units: i64) -> Money {
    Money::new(minor_units, "CNY")
}

fn catalogue() -> Catalogue {
    let entry = |name: &str, price: Money, sku_ids: &[&str]| CatalogueEntry {
        name: name.into(),
        price,
        sku_ids: sku_ids.iter().map(|sku_id| (*sku_id).to_owned()).collect(),
    };
    [
        ("PROD-001", entry("iPhone 15", cny(699_900), &[])),
        ("PROD-003", entry("AirPods Pro", cny(199_900), &[])),
        ("shirt", entry("Shirt", cny(9_900), &["s", "m"])),
        ("milk", entry("Milk", Money::new(99, "EUR"), &[])),
        ("moon", entry("The Moon", cny(MAX_AMOUNT), &[])),
    ]
    .into_iter()
    .map(|(id, entry)| (id.to_owned(), entry))
    .collect()
}

fn item(product_id: &str, quantity: u32) -> WantedItem {
    WantedItem { product_id: product_id.into(), sku_id: String::new(), quantity, unit_price: None }
}

fn wish(items: Vec<WantedItem>) -> Place {
    Place { order_id: "o".into(), user_id: "user-123".into(), items, ..Place::default() }
}

/// Two phones and a pair of buds, in this status.
fn order_in(status: Status) -> Order {
    let placed = place(wish(vec![item("PROD-001", 2), item("PROD-003", 1)]), &catalogue()).expect("a good wish");
    Order { status, ..Order::new(placed) }
}

/// What these events make of the order.
fn then(order: &Order, events: &[Event]) -> Order {
    let mut order = order.clone();
    events.iter().for_each(|event| order.apply(event));
    order
}
