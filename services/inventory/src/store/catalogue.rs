//! Products as they are shown: what is sold at which price, with the numbers of its variants.

use catalogue::types::v1::Money;
use contracts_inventory::v1 as wire;
use messaging::headers::timestamp;
use store::{Params, Row, StoreError, Value, Work, params};

use super::placeholders;

/// Products with their variants, those that `filter` (on `products p`) lets through, by id.
pub(crate) fn select(filter: &str) -> String {
    format!(
        "SELECT p.product_id AS product_id, p.name AS name, p.group_name AS group_name, p.department AS department, \
         p.price_minor AS price_minor, p.currency AS currency, p.low_stock_threshold AS low_stock_threshold, p.withdrawn AS withdrawn, \
         p.created_at_us AS created_at_us, p.updated_at_us AS updated_at_us, v.sku_id AS sku_id, v.name AS sku_name, v.stock AS stock, \
         v.reserved AS reserved, v.updated_at_us AS moved_at_us FROM (SELECT * FROM products p {filter}) p \
         JOIN variants v ON v.product_id = p.product_id ORDER BY p.product_id, v.place"
    )
}

/// The statement for some products, and its parameters.
pub(crate) fn select_some<'a>(product_ids: impl ExactSizeIterator<Item = &'a str>) -> (String, Params) {
    let sql = select(&format!("WHERE p.product_id IN ({})", placeholders(1, product_ids.len())));
    (sql, product_ids.map(Value::from).collect())
}

/// One row a variant, to one entry a product.
pub(crate) fn read(rows: &[Row]) -> Result<Vec<wire::Product>, StoreError> {
    let mut products: Vec<wire::Product> = Vec::new();
    for row in rows {
        let product_id: String = row.get("product_id")?;
        if products.last().is_none_or(|last| last.product_id != product_id) {
            products.push(described(row, product_id)?);
        }
        if let Some(product) = products.last_mut() {
            add_variant(product, row)?;
        }
    }
    Ok(products)
}

fn described(row: &Row, product_id: String) -> Result<wire::Product, StoreError> {
    Ok(wire::Product {
        product_id,
        name: row.get("name")?,
        group: row.get("group_name")?,
        department: row.get("department")?,
        price: Some(Money { minor_units: row.get("price_minor")?, currency: row.get("currency")? }),
        low_stock_threshold: Some(row.get("low_stock_threshold")?),
        withdrawn: row.get("withdrawn")?,
        created_at: Some(timestamp(row.get("created_at_us")?)),
        updated_at: Some(timestamp(row.get("updated_at_us")?)),
        ..wire::Product::default()
    })
}

fn add_variant(product: &mut wire::Product, row: &Row) -> Result<(), StoreError> {
    let sku =
        wire::Sku { sku_id: row.get("sku_id")?, name: row.get("sku_name")?, stock: row.get("stock")?, reserved: row.get("reserved")? };
    product.stock += sku.stock;
    product.reserved += sku.reserved;
    if !sku.sku_id.is_empty() {
        product.skus.push(sku);
    }
    let moved: i64 = row.get("moved_at_us")?;
    let known: i64 = row.get("updated_at_us")?;
    let so_far = product.updated_at.map_or(known, |at| at.seconds * 1_000_000 + i64::from(at.nanos) / 1_000);
    product.updated_at = Some(timestamp(so_far.max(moved)));
    Ok(())
}

/// One product, as it stands in this transaction.
pub(crate) async fn product(work: &mut Work, product_id: &str) -> Result<Option<wire::Product>, StoreError> {
    let (sql, params) = select_some([product_id].into_iter());
    Ok(read(&work.rows(&sql, params).await?)?.pop())
}

/// What a product is called.
pub(crate) async fn name(work: &mut Work, product_id: &str) -> Result<String, StoreError> {
    let row = work.row("SELECT name FROM products WHERE product_id = $1", params![product_id]).await?;
    row.map_or(Ok(String::new()), |row| row.get("name"))
}

/// Adds a product with its variants; `false` = the id is taken, and nothing is written.
pub(crate) async fn add(work: &mut Work, product: &wire::Product, low_armed: bool) -> Result<bool, StoreError> {
    let now = work.now_us();
    let price = product.price.clone().unwrap_or_default();
    let sql = "INSERT INTO products (product_id, name, group_name, department, price_minor, currency, low_stock_threshold, low_armed, \
               withdrawn, created_at_us, updated_at_us) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9, $9) ON CONFLICT (product_id) DO NOTHING";
    let described = params![
        &product.product_id,
        &product.name,
        &product.group,
        &product.department,
        price.minor_units,
        price.currency,
        product.low_stock_threshold(),
        low_armed,
        now
    ];
    if work.execute(sql, described).await? == 0 {
        return Ok(false);
    }
    let own = [wire::Sku { stock: product.stock, ..wire::Sku::default() }];
    let variants = if product.skus.is_empty() { own.as_slice() } else { &product.skus };
    let values: Vec<String> = (0..variants.len()).map(|at| format!("($1, {}, 0, $2)", placeholders(3 + at * 4, 4))).collect();
    let sql =
        format!("INSERT INTO variants (product_id, sku_id, name, place, stock, reserved, updated_at_us) VALUES {}", values.join(", "));
    let mut params = params![&product.product_id, now];
    for (place, sku) in variants.iter().enumerate() {
        params.extend(params![&sku.sku_id, &sku.name, place as u64, sku.stock]);
    }
    work.execute(&sql, params).await?;
    Ok(true)
}
