//! The table `products`: what inventory says is on sale, and for how much.

use contracts_inventory::v1::Product;
use store::{StoreError, Value, Work, params};

use crate::domain::{Catalogue, CatalogueEntry, Money};

/// The entries of these products, as far as they are on sale.
pub async fn entries<'a>(product_ids: impl Iterator<Item = &'a str>, work: &mut Work) -> Result<Catalogue, StoreError> {
    let mut wanted: Vec<&str> = product_ids.collect();
    wanted.sort_unstable();
    wanted.dedup();
    if wanted.is_empty() {
        return Ok(Catalogue::new());
    }
    let numbers: Vec<String> = (1..=wanted.len()).map(|at| format!("${at}")).collect();
    let sql = format!(
        "SELECT product_id, name, price, currency, sku_ids FROM products WHERE withdrawn = 0 AND product_id IN ({})",
        numbers.join(", ")
    );
    let rows = work.rows(&sql, wanted.into_iter().map(Value::from).collect()).await?;
    rows.iter()
        .map(|row| {
            let sku_ids: String = row.get("sku_ids")?;
            let sku_ids = serde_json::from_str(&sku_ids).map_err(|error| StoreError::Refused(format!("sku_ids: {error}")))?;
            let price = Money::new(row.get("price")?, row.get::<String>("currency")?);
            Ok((row.get("product_id")?, CatalogueEntry { name: row.get("name")?, price, sku_ids }))
        })
        .collect()
}

/// A product as it is now.
pub async fn put(product: &Product, work: &mut Work) -> Result<(), StoreError> {
    let sku_ids: Vec<&str> = product.skus.iter().map(|sku| sku.sku_id.as_str()).collect();
    let sku_ids = serde_json::to_string(&sku_ids).map_err(|error| StoreError::Refused(error.to_string()))?;
    let price = product.price.clone().unwrap_or_default();
    let sql = "INSERT INTO products (product_id, name, price, currency, sku_ids, withdrawn) VALUES ($1, $2, $3, $4, $5, $6) \
               ON CONFLICT (product_id) DO UPDATE SET name = excluded.name, price = excluded.price, currency = excluded.currency, \
               sku_ids = excluded.sku_ids, withdrawn = excluded.withdrawn";
    let row = params![&product.product_id, &product.name, price.minor_units, price.currency, sku_ids, product.withdrawn];
    work.execute(sql, row).await.map(|_| ())
}

/// No longer on sale.
pub async fn withdraw(product_id: &str, work: &mut Work) -> Result<(), StoreError> {
    work.execute("UPDATE products SET withdrawn = 1 WHERE product_id = $1", params![product_id]).await.map(|_| ())
}
