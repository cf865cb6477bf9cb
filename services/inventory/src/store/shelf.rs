//! The products that a decision is about: all of them in one statement, and back in one. Every order comes this way twice.

use std::collections::BTreeSet;

use store::{Params, StoreError, Value, Work, params};

use super::placeholders;
use crate::domain::{Pieces, Product, Reservation, Shelf};

/// The products as they stand, held until the commit; those that do not exist are left out.
pub(crate) async fn load(work: &mut Work, product_ids: impl IntoIterator<Item = &str>) -> Result<Shelf, StoreError> {
    let ids: BTreeSet<&str> = product_ids.into_iter().collect();
    if ids.is_empty() {
        return Ok(Shelf::new());
    }
    // In one order everywhere, so that two processes can't wait for each other.
    let sql = format!(
        "SELECT p.product_id AS product_id, p.low_stock_threshold AS low_stock_threshold, p.low_armed AS low_armed, \
         p.withdrawn AS withdrawn, v.sku_id AS sku_id, v.stock AS stock, v.reserved AS reserved \
         FROM variants v JOIN products p ON p.product_id = v.product_id WHERE v.product_id IN ({}) ORDER BY v.product_id, v.sku_id{}",
        placeholders(1, ids.len()),
        work.for_update()
    );
    let mut shelf = Shelf::new();
    for row in work.rows(&sql, ids.into_iter().map(Value::from).collect()).await? {
        let product_id: String = row.get("product_id")?;
        let pieces = Pieces { stock: row.get("stock")?, reserved: row.get("reserved")? };
        if let Some(product) = shelf.get_mut(&product_id) {
            product.variants.insert(row.get("sku_id")?, pieces);
            continue;
        }
        let product = Product {
            product_id: product_id.clone(),
            variants: [(row.get("sku_id")?, pieces)].into(),
            low_stock_threshold: row.get("low_stock_threshold")?,
            low_armed: row.get("low_armed")?,
            withdrawn: row.get("withdrawn")?,
        };
        shelf.insert(product_id, product);
    }
    Ok(shelf)
}

/// The products of a reservation.
pub(crate) async fn of(work: &mut Work, reservation: Option<&Reservation>) -> Result<Shelf, StoreError> {
    let lines = reservation.into_iter().flat_map(|reservation| &reservation.lines);
    load(work, lines.map(|reserved| reserved.line.product_id.as_str())).await
}

/// Writes what is different from `before`: all numbers in one statement; a product's own row only where its flags changed.
pub(crate) async fn write(work: &mut Work, before: &Shelf, after: &[Product]) -> Result<(), StoreError> {
    let mut params: Params = params![work.now_us()];
    for product in after {
        let known = before.get(&product.product_id);
        for (sku_id, pieces) in &product.variants {
            if known.and_then(|known| known.variants.get(sku_id)) != Some(pieces) {
                params.extend(params![&product.product_id, sku_id, pieces.stock, pieces.reserved]);
            }
        }
        if known.is_none_or(|known| (known.low_armed, known.withdrawn) != (product.low_armed, product.withdrawn)) {
            let sql = "UPDATE products SET low_armed = $2, withdrawn = $3, updated_at_us = $4 WHERE product_id = $1";
            let now = work.now_us();
            work.execute(sql, params![&product.product_id, product.low_armed, product.withdrawn, now]).await?;
        }
    }
    let rows = params.len() / 4;
    if rows == 0 {
        return Ok(());
    }
    let sql = if rows == 1 {
        // As it is most often. SQLite makes a table of VALUES first, which was 2 % of a busy writer's samples.
        "UPDATE variants SET stock = $4, reserved = $5, updated_at_us = $1 WHERE product_id = $2 AND sku_id = $3".to_owned()
    } else {
        let values: Vec<String> = (0..rows).map(|row| format!("({})", placeholders(2 + row * 4, 4))).collect();
        format!(
            "WITH changed (product_id, sku_id, stock, reserved) AS (VALUES {}) \
             UPDATE variants SET stock = changed.stock, reserved = changed.reserved, updated_at_us = $1 FROM changed \
             WHERE variants.product_id = changed.product_id AND variants.sku_id = changed.sku_id",
            values.join(", ")
        )
    };
    match work.execute(&sql, params).await? {
        written if written == rows as u64 => Ok(()),
        written => Err(StoreError::Refused(format!("{written} of {rows} variants written"))),
    }
}
