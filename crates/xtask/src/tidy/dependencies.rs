//! Every dependency of the workspace says what it is here for.

use super::Finding;
use super::tree::Tree;

const MANIFEST: &str = "Cargo.toml";

pub(super) fn each_says_its_purpose(tree: &Tree) -> Vec<Finding> {
    let mut section = "";
    let mut findings = Vec::new();
    for (index, line) in tree.text(MANIFEST).unwrap_or_default().lines().enumerate() {
        if line.starts_with('[') {
            section = line.trim();
        }
        let Some((name, rest)) = line.split_once('=').filter(|_| section == "[workspace.dependencies]" && !line.starts_with('#')) else {
            continue;
        };
        let is_ours = rest.contains("path =");
        let purpose = rest.rsplit_once(" # ").map_or("", |(_, purpose)| purpose);
        if !is_ours && purpose.trim().is_empty() {
            findings.push(Finding::error(
                format!("{MANIFEST}:{}", index + 1),
                format!("{} does not say what it is for: end its line with `# …`, so that it can go when the purpose does", name.trim()),
            ));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dependency_without_a_purpose_is_named() {
        let manifest = "[workspace.dependencies]\nours = { path = \"crates/ours\" }\ngood = \"1\" # numbers\nbad = \"1\"\n[profile.dev]\nopt-level = 1\n";
        let findings = each_says_its_purpose(&Tree::of([(MANIFEST, manifest)]));
        assert_eq!(findings.len(), 1);
        assert!(findings[0].to_string().starts_with("error: Cargo.toml:4: bad does not say"), "{}", findings[0]);
    }
}
