//! Which package may depend on which.

use toml::Table;

use super::Finding;
use super::tree::Tree;

/// The crates from the bottom up: each may depend on those before it.
const ORDER: &[&str] = &[
    "build",
    "catalogue",
    "telemetry",
    "messaging",
    "store",
    "messaging-nats",
    "delivery",
    "saga",
    "service-host",
    "provision",
    "testkit",
    "events",
    "ensue",
    "cli",
    "xtask",
];

/// The one binary, which puts the services together.
const BINARY: &str = "services/ensue";

/// What starts servers and processes.
const STARTS: [&str; 2] = ["provision", "cli"];

/// All bindings of the businesses together: a folder beside the services that is none.
const BINDINGS: &str = "services/contracts";

pub(super) fn crates_point_one_way(tree: &Tree) -> Vec<Finding> {
    let services: Vec<&str> = tree
        .packages()
        .filter(|folder| ![BINARY, BINDINGS].contains(folder))
        .filter_map(|folder| folder.strip_prefix("services/"))
        .collect();
    let mut findings = Vec::new();
    for folder in tree.packages() {
        let manifest = format!("{folder}/Cargo.toml");
        let Ok(table) = tree.text(&manifest).unwrap_or_default().parse::<Table>() else {
            findings.push(Finding::error(manifest, "is no TOML"));
            continue;
        };
        if let Some(name) = folder.strip_prefix("crates/")
            && rank(name).is_none()
        {
            findings.push(Finding::error(&manifest, format!("{name} has no place in the order of the crates; give it one in {}", file!())));
        }
        for (dependency, for_tests) in dependencies(&table) {
            if let Some(why) = refusal(folder, &dependency, for_tests, &services) {
                findings.push(Finding::error(&manifest, format!("depends on {dependency}: {why}")));
            }
        }
    }
    findings
}

/// Why the package in `folder` may not depend on `dependency`.
fn refusal(folder: &str, dependency: &str, for_tests: bool, services: &[&str]) -> Option<String> {
    if services.contains(&dependency) {
        return (folder != BINARY).then(|| {
            "only the binary `ensue` puts services together; they talk by events and commands, so that each can run alone".into()
        });
    }
    rank(dependency)?;
    match folder.split_once('/') {
        Some(("services", _)) if folder == BINARY => {
            (!for_tests && is_for_tests(dependency)).then(|| "test tools do not belong into what we ship".into())
        }
        Some(("services", _)) if dependency == "messaging-nats" => {
            Some("a service knows the port in `messaging` and never the broker behind it, so that tests can take the one in memory".into())
        }
        Some(("services", _)) if !for_tests && STARTS.contains(&short(dependency)) => {
            Some("a service is started: only a binary starts it, and what it stands on".into())
        }
        Some(("services", _)) => (!for_tests && is_for_tests(dependency)).then(|| "test tools do not belong into what we ship".into()),
        // Its feature `testkit` hands the author of a service what we test with.
        Some(("crates", "ensue")) if dependency == "testkit" => None,
        // For its tests a crate may use what stands above it: cargo takes such circles.
        Some(("crates", name)) if !for_tests && rank(name) <= rank(dependency) => {
            Some(format!("crates point one way ({}), or none of them can be understood alone", ORDER.join(" · ")))
        }
        Some(("crates", "xtask")) if dependency != "provision" => {
            Some("xtask is what everybody waits for: it takes nothing of the platform but `provision`".into())
        }
        _ => None,
    }
}

fn rank(name: &str) -> Option<usize> {
    ORDER.iter().position(|known| *known == short(name))
}

/// The folder of a package of ours: `cli` is the package `ensue-cli`.
fn short(package: &str) -> &str {
    package.strip_prefix("ensue-").unwrap_or(package)
}

fn is_for_tests(name: &str) -> bool {
    short(name) == "testkit"
}

/// The names of a manifest's dependencies, and whether only tests have them.
fn dependencies(manifest: &Table) -> Vec<(String, bool)> {
    let of = |kind: &str| -> Vec<String> {
        manifest.get(kind).and_then(|table| table.as_table()).map(|table| table.keys().cloned().collect()).unwrap_or_default()
    };
    let normal = ["dependencies", "build-dependencies"].into_iter().flat_map(of).map(|name| (name, false));
    normal.chain(of("dev-dependencies").into_iter().map(|name| (name, true))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(folder: &str, kind: &str, dependency: &str) -> Option<String> {
        let path = format!("{folder}/Cargo.toml");
        let manifest = format!("[{kind}]\n{dependency}.workspace = true\n");
        let mut others = vec![("services/orders/Cargo.toml", ""), ("services/payments/Cargo.toml", ""), ("services/ensue/Cargo.toml", "")];
        others.retain(|(other, _)| *other != path);
        let mut findings = crates_point_one_way(&Tree::of([(&path, &manifest), others[0], others[1]]));
        findings.pop().map(|finding| finding.to_string())
    }

    #[test]
    fn a_crate_that_points_up_is_named_with_the_order() {
        let why = finding("crates/store", "dependencies", "delivery").unwrap();
        assert!(why.contains("crates/store/Cargo.toml: depends on delivery") && why.contains("catalogue · telemetry"), "{why}");
        assert_eq!(finding("crates/delivery", "dependencies", "store"), None);
    }

    #[test]
    fn tests_may_point_up() {
        assert_eq!(finding("crates/store", "dev-dependencies", "testkit"), None);
    }

    #[test]
    fn a_service_knows_no_other_service_and_no_broker() {
        assert!(finding("services/orders", "dependencies", "payments").unwrap().contains("only the binary"));
        assert!(finding("services/orders", "dev-dependencies", "payments").unwrap().contains("only the binary"));
        assert!(finding("services/orders", "dependencies", "messaging-nats").unwrap().contains("never the broker"));
        assert_eq!(finding("services/orders", "dependencies", "delivery"), None);
    }

    #[test]
    fn only_the_binary_takes_services() {
        assert_eq!(finding("services/ensue", "dependencies", "payments"), None);
        assert_eq!(finding("services/ensue", "dependencies", "messaging-nats"), None);
        assert_eq!(finding("services/ensue", "dependencies", "ensue-cli"), None);
        assert!(finding("services/orders", "dependencies", "ensue-cli").unwrap().contains("only a binary starts it"));
        assert!(finding("crates/service-host", "dependencies", "ensue-cli").unwrap().contains("point one way"));
        assert!(finding("crates/testkit", "dependencies", "payments").unwrap().contains("only the binary"));
        assert!(finding("tests", "dependencies", "payments").unwrap().contains("only the binary"));
    }

    #[test]
    fn what_we_ship_holds_no_test_tools() {
        assert!(finding("services/orders", "dependencies", "testkit").unwrap().contains("test tools"));
        assert!(finding("services/ensue", "dependencies", "testkit").unwrap().contains("test tools"));
        assert_eq!(finding("services/orders", "dev-dependencies", "testkit"), None);
    }

    #[test]
    fn xtask_stays_light() {
        assert!(finding("crates/xtask", "dependencies", "testkit").unwrap().contains("everybody waits"));
        assert_eq!(finding("crates/xtask", "dependencies", "provision"), None);
    }

    #[test]
    fn a_new_crate_needs_a_place() {
        assert!(finding("crates/util", "dependencies", "serde").unwrap().contains("no place in the order"));
    }
}
