//! Real products and real baskets; see `tests/fixtures/README.md` for where they come from.

use std::path::PathBuf;

/// 169 products.
pub fn catalogue() -> PathBuf {
    fixture("catalogue.csv")
}

/// 300 baskets of them.
pub fn baskets() -> PathBuf {
    fixture("baskets-300.csv")
}

/// A recording of a workout, by its file's name.
pub fn workout(name: &str) -> PathBuf {
    fixture("workouts").join(name)
}

fn fixture(name: &str) -> PathBuf {
    provision::workspace_root().join("tests/fixtures").join(name)
}
