//! The file of baskets: `basket_id,product_ids`, the ids joined by `;`, a product as often as it was bought.

use std::collections::HashSet;
use std::path::Path;

use anyhow::{Context as _, ensure};
use serde::Deserialize;

/// What somebody bought at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Basket {
    pub id: String,
    /// Products with their pieces, in the order they first stand in.
    pub lines: Vec<(String, i32)>,
}

#[derive(Deserialize)]
struct Row {
    basket_id: String,
    product_ids: String,
}

/// Reads the first `limit` baskets. Every row must be good, and no id twice: an id is what makes an order the same one again.
pub fn read(path: &Path, limit: usize) -> anyhow::Result<Vec<Basket>> {
    let file = path.display();
    let mut reader = csv::Reader::from_path(path).with_context(|| format!("{file}"))?;
    let (mut baskets, mut ids) = (Vec::new(), HashSet::new());
    for row in reader.deserialize::<Row>().take(limit) {
        let row = row.with_context(|| format!("{file}"))?;
        ensure!(ids.insert(row.basket_id.clone()), "{file}: basket {} is there twice", row.basket_id);
        baskets.push(Basket { lines: lines(&row.product_ids), id: row.basket_id });
    }
    Ok(baskets)
}

fn lines(product_ids: &str) -> Vec<(String, i32)> {
    let mut lines: Vec<(String, i32)> = Vec::new();
    for id in product_ids.split(';').map(str::trim).filter(|id| !id.is_empty()) {
        match lines.iter_mut().find(|(known, _)| known == id) {
            Some((_, quantity)) => *quantity += 1,
            None => lines.push((id.to_owned(), 1)),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_product_that_is_there_twice_is_bought_twice() {
        assert_eq!(lines("milk;bread;milk"), [("milk".to_owned(), 2), ("bread".to_owned(), 1)]);
    }
}
