//! `CreateProduct`: something new to be sold.

use std::collections::BTreeSet;

use contracts_inventory::v1 as wire;
use messaging::{Cause, headers};
use service_host::{Refusal, status};
use store::Work;
use tonic::Status;

use crate::announce::{Words, announce};
use crate::domain::{self, DEFAULT_LOW_STOCK_THRESHOLD};
use crate::store::catalogue;

/// Announces `inventory.product_created`, and `inventory.stock_changed` for what it brings along. The same product again changes
/// nothing and answers how it stands: an import can be run again.
pub(crate) async fn create_product(work: &mut Work, cause: &Cause, wanted: &wire::Product) -> Result<wire::Product, Refusal> {
    let product = catalogued(wanted, work.now_us())?;
    let decision = domain::create(on_the_shelf(&product));
    let armed = decision.products.iter().all(|product| product.low_armed);
    if !catalogue::add(work, &product, armed).await? {
        let known = catalogue::product(work, &product.product_id).await?.unwrap_or_default();
        return if is_same(&known, &product) { Ok(known) } else { Err(status::already_exists("product", &product.product_id).into()) };
    }
    work.emit(cause, &wire::ProductCreated { product_id: product.product_id.clone(), product: Some(product.clone()) });
    announce(work, cause, &decision.events, Words::default()).await?;
    Ok(product)
}

/// The product as it will stand in the catalogue: what the service sets is set, whatever was sent.
fn catalogued(wanted: &wire::Product, now_us: i64) -> Result<wire::Product, Status> {
    let mut seen = BTreeSet::new();
    if let Some((at, sku)) = wanted.skus.iter().enumerate().find(|(_, sku)| !seen.insert(&sku.sku_id)) {
        return Err(status::invalid_field(format!("product.skus[{at}].sku_id"), format!("{} is there twice", sku.sku_id)));
    }
    let of_skus: i64 = wanted.skus.iter().map(|sku| sku.stock).sum();
    if !wanted.skus.is_empty() && wanted.stock != 0 && wanted.stock != of_skus {
        return Err(status::invalid_field("product.stock", format!("is {}, but its variants have {of_skus}; leave it out", wanted.stock)));
    }
    Ok(wire::Product {
        skus: wanted.skus.iter().map(|sku| wire::Sku { reserved: 0, ..sku.clone() }).collect(),
        stock: if wanted.skus.is_empty() { wanted.stock } else { of_skus },
        reserved: 0,
        low_stock_threshold: Some(wanted.low_stock_threshold.unwrap_or(DEFAULT_LOW_STOCK_THRESHOLD)),
        withdrawn: false,
        created_at: Some(headers::timestamp(now_us)),
        updated_at: Some(headers::timestamp(now_us)),
        ..wanted.clone()
    })
}

fn on_the_shelf(product: &wire::Product) -> domain::Product {
    let variants: Vec<(String, i64)> = match product.skus.is_empty() {
        true => vec![(String::new(), product.stock)],
        false => product.skus.iter().map(|sku| (sku.sku_id.clone(), sku.stock)).collect(),
    };
    domain::Product::with_variants(&product.product_id, variants, product.low_stock_threshold())
}

/// The same thing for sale; how many pieces there are has moved since.
fn is_same(known: &wire::Product, wanted: &wire::Product) -> bool {
    let described = |product: &wire::Product| wire::Product {
        skus: product.skus.iter().map(|sku| wire::Sku { stock: 0, reserved: 0, ..sku.clone() }).collect(),
        stock: 0,
        reserved: 0,
        withdrawn: false,
        created_at: None,
        updated_at: None,
        ..product.clone()
    };
    described(known) == described(wanted)
}
