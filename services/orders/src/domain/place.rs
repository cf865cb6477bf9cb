//! Placing an order: what it asks for, priced by the catalogue.

use std::collections::BTreeMap;

use super::{Address, Contact, Fault, Item, MAX_AMOUNT, Money, PaymentDetails, Placed, Rejection, Violation};

/// The most items of one order.
pub const MAX_LINES: usize = 100;

/// The most pieces of one item.
pub const MAX_QUANTITY: u32 = 10_000;

/// The products on sale, by id; what was withdrawn is not in it.
pub type Catalogue = BTreeMap<String, CatalogueEntry>;

/// What the catalogue says of a product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogueEntry {
    pub name: String,
    /// For one piece.
    pub price: Money,
    /// Its variants; empty where it has none.
    pub sku_ids: Vec<String>,
}

/// A wish for an order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    pub order_id: String,
    pub saga_id: String,
    /// Until users exist any non-empty id is good.
    pub user_id: String,
    pub contact: Contact,
    pub items: Vec<WantedItem>,
    pub shipping_address: Option<Address>,
    pub payment: PaymentDetails,
}

/// One wanted position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedItem {
    pub product_id: String,
    /// Empty where the product has no variants.
    pub sku_id: String,
    /// Pieces.
    pub quantity: u32,
    /// The price that the customer was shown; must be the catalogue's where it is given.
    pub unit_price: Option<Money>,
}

/// Accepts an order, or names every field that is wrong.
pub fn place(wish: Place, catalogue: &Catalogue) -> Result<Placed, Rejection> {
    let mut faults = Vec::new();
    if wish.user_id.is_empty() {
        faults.push(Violation::new("user_id", Fault::Required, "must be given"));
    }
    match wish.items.len() {
        0 => faults.push(Violation::new("items", Fault::Required, "an order has at least one item")),
        1..=MAX_LINES => {}
        more => faults.push(Violation::new("items", Fault::TooMany, format!("{more} items; at most {MAX_LINES}"))),
    }
    let items: Vec<Item> = match faults.is_empty() {
        true => wish.items.iter().enumerate().filter_map(|(index, wanted)| price(index, wanted, catalogue, &mut faults)).collect(),
        false => Vec::new(), // not worth going through a hundred thousand lines
    };
    let total = sum(&items, &mut faults);
    match total {
        Some(total) if faults.is_empty() => Ok(Placed {
            order_id: wish.order_id,
            user_id: wish.user_id,
            contact: wish.contact,
            items,
            total,
            shipping_address: wish.shipping_address,
            payment: wish.payment,
            saga_id: wish.saga_id,
        }),
        _ => Err(Rejection::Invalid(faults)),
    }
}

/// One item with the catalogue's name and price.
fn price(index: usize, wanted: &WantedItem, catalogue: &Catalogue, faults: &mut Vec<Violation>) -> Option<Item> {
    let before = faults.len();
    let mut wrong =
        |field: &str, fault, description: String| faults.push(Violation::new(format!("items[{index}].{field}"), fault, description));
    if !(1..=MAX_QUANTITY).contains(&wanted.quantity) {
        wrong("quantity", Fault::OutOfRange, format!("{}; must be 1 to {MAX_QUANTITY}", wanted.quantity));
    }
    let Some(entry) = catalogue.get(&wanted.product_id) else {
        wrong("product_id", Fault::UnknownProduct, format!("there is no product {}", wanted.product_id));
        return None;
    };
    match (entry.sku_ids.is_empty(), wanted.sku_id.is_empty()) {
        (false, true) => wrong("sku_id", Fault::Required, format!("product {} has variants", wanted.product_id)),
        (_, false) if !entry.sku_ids.contains(&wanted.sku_id) => {
            wrong("sku_id", Fault::UnknownProduct, format!("product {} has no variant {}", wanted.product_id, wanted.sku_id));
        }
        _ => {}
    }
    if let Some(shown) = wanted.unit_price.as_ref().filter(|shown| **shown != entry.price) {
        let (shown, now) =
            (format!("{} {}", shown.minor_units, shown.currency), format!("{} {}", entry.price.minor_units, entry.price.currency));
        wrong("unit_price", Fault::PriceMismatch, format!("{shown}; the catalogue says {now}, in minor units"));
    }
    (faults.len() == before).then(|| Item {
        product_id: wanted.product_id.clone(),
        sku_id: wanted.sku_id.clone(),
        name: entry.name.clone(),
        quantity: wanted.quantity,
        unit_price: entry.price.clone(),
    })
}

/// The total; `None` where there is none, with the fault noted.
fn sum(items: &[Item], faults: &mut Vec<Violation>) -> Option<Money> {
    let mut total = items.first()?.unit_price.none_of();
    for (index, item) in items.iter().enumerate() {
        if item.unit_price.currency != total.currency {
            let description = format!("{} in an order in {}", item.unit_price.currency, total.currency);
            faults.push(Violation::new(format!("items[{index}].product_id"), Fault::MixedCurrencies, description));
            return None;
        }
        let Some(sum) = item.unit_price.times(item.quantity).and_then(|price| total.plus(&price)) else {
            faults.push(Violation::new("items", Fault::Overflow, format!("the total is more than {MAX_AMOUNT} minor units")));
            return None;
        };
        total = sum;
    }
    Some(total)
}
