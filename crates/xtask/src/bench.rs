//! `cargo xtask bench`: how fast it is, beside controls written by hand, on this machine. See docs/performance.md.

use std::path::{Path, PathBuf};
use std::process::{Command as Process, ExitCode};

use anyhow::{Result, bail};
use provision::{nats_server, workspace_root};

use crate::command::{Command, cargo, exit_code, run as execute};

pub const COMMAND: Command = Command {
    name: "bench",
    arguments: "[--quick] [--only RUNG,…] [--out FOLDER]",
    about: "speed against controls by hand: a table, bench.json, a chart",
    run,
};

fn run(arguments: &[String]) -> Result<ExitCode> {
    let nats_server = nats_server::provision()?;
    let mut build = cargo();
    build.args(["build", "--release", "--package", "ensue-shop", "--bin", "ensue", "--package", "acceptance", "--bin", "bench"]);
    if !execute(&mut build)?.success() {
        bail!("the release build failed");
    }
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace_root().join("target"), PathBuf::from);
    let status = execute(bench(&target, arguments).env("ENSUE_NATS_SERVER", nats_server))?;
    Ok(exit_code(status))
}

/// The arguments are the run's own: it names those that it does not know.
fn bench(target: &Path, arguments: &[String]) -> Process {
    let built = target.join("release");
    let mut bench = Process::new(built.join("bench"));
    bench.arg("--binary").arg(built.join("ensue"));
    if !arguments.iter().any(|argument| argument == "--out") {
        bench.arg("--out").arg(target.join("bench"));
    }
    bench.args(arguments);
    bench
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_to_xtask_reaches_the_run() {
        let words = ["--quick", "--out", "here"].map(str::to_owned);
        let bench = bench(Path::new("built"), &words);
        let arguments: Vec<_> = bench.get_args().map(|argument| argument.to_string_lossy()).collect();
        assert_eq!(arguments, ["--binary", "built/release/ensue", "--quick", "--out", "here"]);
    }
}
