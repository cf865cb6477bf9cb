//! Every crate and service has a README, and it is the crate's documentation.

use super::Finding;
use super::tree::Tree;

/// The line that makes it so.
const INCLUDE: &str = "#![doc = include_str!(\"../README.md\")]";

pub(super) fn each_crate_is_explained(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for folder in tree.packages().filter(|folder| *folder != "tests") {
        let readme = format!("{folder}/README.md");
        if tree.text(&readme).unwrap_or_default().trim().is_empty() {
            findings
                .push(Finding::error(readme, "is missing: it says what the crate is for, what it promises and what happens when it fails"));
            continue;
        }
        let roots = [format!("{folder}/src/lib.rs"), format!("{folder}/src/main.rs")];
        if !roots.iter().any(|root| tree.text(root).is_some_and(|text| text.contains(INCLUDE))) {
            findings.push(Finding::error(
                &roots[0],
                format!("does not take its README as its doc: begin with `{INCLUDE}`, so that there is one text"),
            ));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_without_a_readme_is_named() {
        let findings = each_crate_is_explained(&Tree::of([("crates/store/Cargo.toml", ""), ("crates/store/src/lib.rs", INCLUDE)]));
        assert!(findings[0].to_string().contains("crates/store/README.md: is missing"), "{findings:?}");
    }

    #[test]
    fn a_readme_that_is_not_the_crate_doc_is_named() {
        let tree = |lib| {
            each_crate_is_explained(&Tree::of([
                ("services/a/Cargo.toml", ""),
                ("services/a/README.md", "# a"),
                ("services/a/src/lib.rs", lib),
            ]))
        };
        assert!(tree("//! a").pop().unwrap().to_string().contains("services/a/src/lib.rs"));
        assert!(tree(INCLUDE).is_empty());
    }
}
