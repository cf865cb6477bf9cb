//! What may stand in `Cargo.lock`: the bans of `deny.toml`, also where cargo-deny is not installed.

use toml::{Table, Value};

use super::Finding;
use super::tree::Tree;

const LOCK: &str = "Cargo.lock";
const LAW: &str = "deny.toml";

pub(super) fn only_welcome_packages(tree: &Tree) -> Vec<Finding> {
    let parse = |path: &str| tree.text(path).unwrap_or_default().parse::<Table>();
    let (Ok(lock), Ok(law)) = (parse(LOCK), parse(LAW)) else {
        return vec![Finding::error(LOCK, format!("it or {LAW} is no TOML"))];
    };
    let banned = list(law.get("bans").and_then(|bans| bans.get("deny")));
    let mut findings = Vec::new();
    for package in list(lock.get("package")) {
        let name = text(package, "name");
        if let Some(ban) = banned.iter().find(|ban| text(ban, "crate") == name) {
            findings.push(Finding::error(LOCK, format!("holds {name}, which {LAW} bans: {}", text(ban, "reason"))));
        }
        let source = text(package, "source");
        if !source.is_empty() && !source.ends_with("/crates.io-index") {
            findings.push(Finding::error(LOCK, format!("{name} is not from crates.io but from {source}: others cannot build that")));
        }
    }
    findings
}

fn list(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BAN: &str = "[bans]\ndeny = [{ crate = \"openssl\", reason = \"TLS is rustls\" }]\n";

    fn findings(package: &str) -> Vec<String> {
        let lock = format!("[[package]]\n{package}\n");
        only_welcome_packages(&Tree::of([(LOCK, &lock), (LAW, BAN)])).iter().map(Finding::to_string).collect()
    }

    #[test]
    fn a_banned_package_is_named_with_the_reason() {
        assert_eq!(findings("name = \"openssl\""), ["error: Cargo.lock: holds openssl, which deny.toml bans: TLS is rustls"]);
        assert!(findings("name = \"rustls\"").is_empty());
    }

    #[test]
    fn a_package_from_elsewhere_is_named() {
        let found = findings("name = \"fork\"\nsource = \"git+https://example.invalid/fork#abc\"");
        assert!(found[0].contains("fork is not from crates.io"), "{found:?}");
    }
}
