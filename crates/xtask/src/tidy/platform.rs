//! The platform knows no business.

use super::Finding;
use super::tree::Tree;

/// Folders beside the services that are none: the binary, and the bindings of all together.
const NO_BUSINESS: [&str; 2] = ["ensue", "contracts"];

pub(super) fn platform_knows_no_business(tree: &Tree) -> Vec<Finding> {
    let folders = tree.packages().filter_map(|folder| folder.strip_prefix("services/"));
    let businesses: Vec<&str> = folders.filter(|folder| !NO_BUSINESS.contains(folder)).collect();
    let files = tree.files().filter(|(path, _)| path.starts_with("crates/") && !path.starts_with("crates/xtask/"));
    let mut findings = Vec::new();
    for (path, text) in files {
        for (at, line) in text.lines().enumerate() {
            if let Some(business) = businesses.iter().find(|business| names(line, business)) {
                findings.push(Finding::error(
                    format!("{path}:{}", at + 1),
                    format!(
                        "names {business}: strangers build on this crate, and theirs has none; the platform's tests have testkit::sample"
                    ),
                ));
            }
        }
    }
    findings
}

/// Its bindings, or its Protobuf package.
fn names(line: &str, business: &str) -> bool {
    let crates = [format!("contracts_{business}"), format!("contracts-{business}"), format!("contracts::{business}")];
    let packages = [format!("ensue::{business}"), format!("ensue.{business}.v"), format!("ensue/{business}/v")];
    crates.iter().chain(&packages).any(|name| line.contains(name.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(path: &str, line: &str) -> usize {
        let tree = Tree::of([("services/orders/Cargo.toml", ""), ("services/ensue/Cargo.toml", ""), (path, line)]);
        platform_knows_no_business(&tree).len()
    }

    #[test]
    fn a_business_that_is_named_in_the_platform_is_told() {
        for line in
            ["use contracts_orders::v1;", "contracts-orders.workspace = true", "\"ensue.orders.v1.OrderPlaced\"", "use ensue::orders::v1;"]
        {
            assert_eq!(told("crates/store/src/lib.rs", line), 1, "{line}");
        }
    }

    #[test]
    fn services_and_samples_may() {
        assert_eq!(told("services/orders/src/lib.rs", "use contracts_orders::v1;"), 0);
        assert_eq!(told("crates/delivery/tests/it/rig.rs", "use testkit::sample::orders::v1;"), 0);
        assert_eq!(told("crates/store/src/log.rs", "// orders of magnitude"), 0);
    }
}
