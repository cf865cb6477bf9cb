//! Given / when / then for everything that may be done with stock.

mod low_stock;
mod orders;
mod products;

use super::*;

fn shelf(products: &[(&str, i64)]) -> Shelf {
    products.iter().map(|(id, stock)| ((*id).to_owned(), Product::new(*id, *stock))).collect()
}

fn line(product_id: &str, quantity: u32) -> Line {
    Line { product_id: product_id.into(), sku_id: String::new(), quantity }
}

/// What the store would hold after this decision.
fn after(shelf: &Shelf, decision: &Decision) -> Shelf {
    let mut shelf = shelf.clone();
    shelf.extend(decision.products.iter().map(|product| (product.product_id.clone(), product.clone())));
    shelf
}

fn hold(shelf: &Shelf, lines: &[Line]) -> (Shelf, Reservation) {
    let decision = reserve(shelf, None, "o", lines).expect("there is enough");
    (after(shelf, &decision), decision.reservation.expect("a reservation"))
}
