//! What came in, less what is there, is what the standing orders took: product by product, variant by variant.

use std::collections::BTreeMap;

use contracts::inventory::v1::Product;
use contracts::types::v1::Line;
use prost_types::{Struct, value::Kind};

use super::finding::Finding;
use super::picture::Picture;

/// Pieces by (product, variant).
type Pieces = BTreeMap<(String, String), i64>;

/// Stock against orders, and that nothing is held any more.
pub fn findings(picture: &Picture) -> Vec<Finding> {
    let (came, there, taken) = (came_in(picture), there(&picture.products), taken(picture));
    let mut differences = Vec::new();
    let all: std::collections::BTreeSet<_> = came.keys().chain(there.keys()).chain(taken.keys()).collect();
    for key in all {
        let of = |pieces: &Pieces| pieces.get(key).copied().unwrap_or(0);
        if of(&came) - of(&there) != of(&taken) {
            let (product, sku) = key;
            let name = if sku.is_empty() { product.clone() } else { format!("{product}/{sku}") };
            differences.push(format!("{name}: {} came in, {} there, orders took {}", of(&came), of(&there), of(&taken)));
        }
    }
    let sum = |pieces: &Pieces| pieces.values().sum::<i64>();
    let held = picture.products.iter().filter(|product| product.reserved != 0);
    let mut held: Vec<String> = held.map(|product| format!("{}: {} reserved", product.product_id, product.reserved)).collect();
    held.extend(picture.open_reservations.iter().map(|reservation| format!("order {} holds stock", reservation.order_id)));
    vec![Finding::new("stock: pieces out", sum(&taken), sum(&came) - sum(&there), differences), Finding::none("open reservations", held)]
}

fn there(products: &[Product]) -> Pieces {
    let mut pieces = Pieces::new();
    for product in products {
        if product.skus.is_empty() {
            pieces.insert((product.product_id.clone(), String::new()), product.stock);
        }
        for sku in &product.skus {
            pieces.insert((product.product_id.clone(), sku.sku_id.clone()), sku.stock);
        }
    }
    pieces
}

/// Bought and not returned, of orders that stand.
fn taken(picture: &Picture) -> Pieces {
    let mut pieces = Pieces::new();
    for order in picture.standing() {
        for item in &order.items {
            *pieces.entry((item.product_id.clone(), item.sku_id.clone())).or_default() += i64::from(item.quantity);
        }
        for Line { product_id, sku_id, quantity } in &order.returned {
            *pieces.entry((product_id.clone(), sku_id.clone())).or_default() -= i64::from(*quantity);
        }
    }
    pieces
}

/// What products brought with them, and what was restocked, by the history.
fn came_in(picture: &Picture) -> Pieces {
    let (mut pieces, mut created) = (Pieces::new(), BTreeMap::<&str, (u64, &Struct)>::new());
    for event in &picture.deliveries {
        let Some(data) = &event.data else { continue };
        if event.r#type == "inventory.restocked" {
            *pieces.entry((event.key.clone(), text(data, "sku_id"))).or_default() += whole(data, "quantity");
            continue;
        }
        // The event comes again when a name or price changes; what was brought along stands in the first.
        let first = created.entry(event.key.as_str()).or_insert((event.sequence, data));
        if event.sequence < first.0 {
            *first = (event.sequence, data);
        }
    }
    for (product_id, (_, data)) in created {
        let Some(product) = object(data, "product") else { continue };
        let skus = objects(product, "skus");
        if skus.is_empty() {
            *pieces.entry((product_id.to_owned(), String::new())).or_default() += whole(product, "stock");
        }
        for sku in skus {
            *pieces.entry((product_id.to_owned(), text(sku, "sku_id"))).or_default() += whole(sku, "stock");
        }
    }
    pieces
}

/// A field of ProtoJSON, by its Protobuf name: `sku_id`, or `skuId` as JSON prefers it.
fn field<'a>(data: &'a Struct, name: &str) -> Option<&'a Kind> {
    let camel = || {
        let mut parts = name.split('_');
        let head = parts.next().unwrap_or_default().to_owned();
        parts.fold(head, |name, part| name + &part[..1].to_ascii_uppercase() + &part[1..])
    };
    data.fields.get(name).or_else(|| data.fields.get(&camel()))?.kind.as_ref()
}

fn text(data: &Struct, name: &str) -> String {
    match field(data, name) {
        Some(Kind::StringValue(text)) => text.clone(),
        _ => String::new(),
    }
}

/// 64-bit numbers are strings in ProtoJSON; what is absent is 0.
fn whole(data: &Struct, name: &str) -> i64 {
    match field(data, name) {
        Some(Kind::StringValue(text)) => text.parse().unwrap_or(0),
        Some(Kind::NumberValue(number)) => *number as i64,
        _ => 0,
    }
}

fn object<'a>(data: &'a Struct, name: &str) -> Option<&'a Struct> {
    match field(data, name) {
        Some(Kind::StructValue(object)) => Some(object),
        _ => None,
    }
}

fn objects<'a>(data: &'a Struct, name: &str) -> Vec<&'a Struct> {
    let Some(Kind::ListValue(list)) = field(data, name) else { return Vec::new() };
    let object = |value: &'a prost_types::Value| match &value.kind {
        Some(Kind::StructValue(object)) => Some(object),
        _ => None,
    };
    list.values.iter().filter_map(object).collect()
}
