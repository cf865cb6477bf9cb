//! Orders from real baskets: the next one each time, over and over, with customers and tokens drawn from the seed.

use std::path::PathBuf;

use contracts::orders::v1::{OrderItem, PaymentDetails, PlaceOrderRequest};
use contracts::types::v1::{Address, Contact};

/// Baskets in the order of the file, as (product, pieces).
pub(super) struct Baskets {
    baskets: Vec<Vec<(String, i32)>>,
    next: usize,
}

/// What every hundredth order wants.
pub(super) const NO_SUCH_PRODUCT: &str = "no-such-product";

impl Baskets {
    /// All real ones where the data folder lies beside the checkout, else the three hundred that come with it.
    pub(super) fn read() -> Self {
        let file = beside_the_checkout().filter(|file| file.is_file()).unwrap_or_else(crate::baskets);
        let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let baskets: Vec<_> = text.lines().skip(1).filter_map(|line| line.split_once(',')).map(|(_, products)| lines(products)).collect();
        assert!(!baskets.is_empty(), "{} holds no baskets", file.display());
        Self { baskets, next: 0 }
    }

    /// The next order. One in a hundred is poison: it wants what nobody sells.
    pub(super) fn order(&mut self, chance: &mut fastrand::Rng) -> PlaceOrderRequest {
        let number = self.next;
        self.next += 1;
        let mut lines = self.baskets[number % self.baskets.len()].clone();
        if chance.u32(0..100) == 0 {
            lines.push((NO_SUCH_PRODUCT.to_owned(), 1));
        }
        let token = match chance.u32(0..100) {
            0..5 => "tok_declined",
            5..8 => "tok_flaky",
            8..10 => "tok_timeout_charged",
            10 => "tok_timeout",
            _ => "tok_ok",
        };
        order(&format!("chaos-{number}"), &lines, token, chance.u32(1..=500))
    }
}

/// An order that can be asked again: its request id is its own id.
pub(super) fn order(id: &str, lines: &[(String, i32)], token: &str, customer: u32) -> PlaceOrderRequest {
    let item = |(product, quantity): &(String, i32)| OrderItem { product_id: product.clone(), quantity: *quantity, ..OrderItem::default() };
    PlaceOrderRequest {
        order_id: id.to_owned(),
        user_id: format!("customer-{customer}"),
        contact: Some(Contact {
            email: format!("customer-{customer}@example.com"),
            phone: format!("+861380000{customer:04}"),
            locale: "en".to_owned(),
            device_token: format!("device-{customer}"),
        }),
        items: lines.iter().map(item).collect(),
        shipping_address: Some(Address {
            recipient: format!("Customer {customer}"),
            lines: vec!["1 Market Street".to_owned()],
            city: "Shanghai".to_owned(),
            region: String::new(),
            postal_code: "200000".to_owned(),
            country: "CN".to_owned(),
        }),
        payment: Some(PaymentDetails { method: "card".to_owned(), token: token.to_owned() }),
        request_id: Some(id.to_owned()),
    }
}

fn beside_the_checkout() -> Option<PathBuf> {
    Some(provision::workspace_root().parent()?.join("shared/data/orders/baskets.csv"))
}

/// A product as often as it was bought.
fn lines(products: &str) -> Vec<(String, i32)> {
    let mut lines: Vec<(String, i32)> = Vec::new();
    for id in products.split(';').map(str::trim).filter(|id| !id.is_empty()) {
        match lines.iter_mut().find(|(known, _)| known == id) {
            Some((_, pieces)) => *pieces += 1,
            None => lines.push((id.to_owned(), 1)),
        }
    }
    lines
}
