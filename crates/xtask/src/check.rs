//! `cargo xtask check`: format, lints, tidy rules, licences; all of them, so that one run tells everything.

use std::path::PathBuf;
use std::process::{Command as Process, ExitCode};

use anyhow::{Result, ensure};

use crate::command::{Command, cargo, run as execute, say};
use crate::tidy;

pub const COMMAND: Command = Command { name: "check", arguments: "", about: "format, clippy, tidy rules, cargo-deny", run };

/// Where `.ci/run` installs cargo-deny when PATH has none.
const INSTALLED_DENY: &str = "target/tools/cargo-deny/bin/cargo-deny";

fn run(arguments: &[String]) -> Result<ExitCode> {
    ensure!(arguments.is_empty(), "takes no arguments");
    let mut failed = Vec::new();
    if !execute(cargo().args(["fmt", "--all", "--check"]))?.success() {
        failed.push("fmt (run `cargo fmt --all`)");
    }
    say("tidy");
    if (tidy::COMMAND.run)(&[])? != ExitCode::SUCCESS {
        failed.push("tidy");
    }
    match deny() {
        Some(mut deny) => {
            if !execute(&mut deny)?.success() {
                failed.push("cargo-deny");
            }
        }
        None => say("cargo-deny: skipped, it is not installed (`cargo install --locked cargo-deny`, a minute or two)"),
    }
    if !execute(cargo().args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))?.success() {
        failed.push("clippy");
    }
    if failed.is_empty() {
        say("check: passed");
        return Ok(ExitCode::SUCCESS);
    }
    say(&format!("check: FAILED: {}", failed.join(", ")));
    Ok(ExitCode::FAILURE)
}

/// cargo-deny without its advisories, which need a database from elsewhere.
fn deny() -> Option<Process> {
    let root = provision::workspace_root();
    let installed = Some(root.join(INSTALLED_DENY)).filter(|file: &PathBuf| file.is_file());
    let mut deny = Process::new(provision::on_path("cargo-deny").or(installed)?);
    deny.current_dir(root).args(["--log-level", "error", "check", "--hide-inclusion-graph", "bans", "licenses", "sources"]);
    Some(deny)
}
