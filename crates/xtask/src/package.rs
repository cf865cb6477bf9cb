//! `cargo xtask package`: the platform's crates as they would be uploaded. Nothing is.

use std::fs;
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use provision::workspace_root;

use crate::command::{Command, cargo, exit_code, run as execute, say};

pub const COMMAND: Command = Command { name: "package", arguments: "", about: "the platform's crates as packages, nothing uploaded", run };

fn run(arguments: &[String]) -> Result<ExitCode> {
    ensure!(arguments.is_empty(), "takes no arguments");
    let packages = packages()?;
    let mut package = cargo();
    // What they need of one another is taken from this run; that they compile alone is what a stranger's workspace shows.
    package.args(["package", "--quiet", "--no-verify", "--allow-dirty"]);
    packages.iter().for_each(|name| {
        package.args(["--package", name]);
    });
    let status = execute(&mut package)?;
    say(&format!("package: {} crates{}", packages.len(), if status.success() { "" } else { " FAILED" }));
    Ok(exit_code(status))
}

/// Of every crate of the platform that is not for this checkout only.
fn packages() -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(workspace_root().join("crates"))? {
        let path = entry?.path().join("Cargo.toml");
        let manifest: toml::Table = fs::read_to_string(&path).with_context(|| format!("{}", path.display()))?.parse()?;
        let package = manifest.get("package").and_then(|package| package.as_table());
        let name = package.and_then(|package| package.get("name")).and_then(|name| name.as_str()).context("a package without a name")?;
        if package.is_some_and(|package| package.get("publish").and_then(|publish| publish.as_bool()) != Some(false)) {
            names.push(name.to_owned());
        }
    }
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_platform_is_packaged_and_the_house_is_not() {
        let names = packages().unwrap();
        assert!(
            names.contains(&"ensue".to_owned()) && names.contains(&"ensue-cli".to_owned()) && !names.contains(&"xtask".to_owned()),
            "{names:?}"
        );
        assert!(names.iter().all(|name| name == "ensue" || name.starts_with("ensue-")), "{names:?}");
    }
}
