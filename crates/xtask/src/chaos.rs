//! `cargo xtask chaos`: the whole system under traffic and faults, and whether it kept its promises. See docs/chaos.md.

use std::path::{Path, PathBuf};
use std::process::{Command as Process, ExitCode};

use anyhow::{Result, bail};
use provision::{nats_server, workspace_root};

use crate::command::{Command, cargo, exit_code, run as execute};

pub const COMMAND: Command = Command {
    name: "chaos",
    arguments: "[--minutes N] [--seed S] [--store sqlite|postgres] [--rate N]",
    about: "kills, cuts and losses at random moments, then what must be true",
    run,
};

fn run(arguments: &[String]) -> Result<ExitCode> {
    let nats_server = nats_server::provision()?;
    let mut build = cargo();
    build.args(["build", "--package", "ensue-shop", "--bin", "ensue", "--package", "acceptance", "--bin", "chaos"]);
    if !execute(&mut build)?.success() {
        bail!("ensue does not build");
    }
    let built = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace_root().join("target"), PathBuf::from).join("debug");
    let status = execute(chaos(&built, arguments).env("ENSUE_NATS_SERVER", nats_server))?;
    Ok(exit_code(status))
}

/// The arguments are the run's own: it names those that it does not know.
fn chaos(built: &Path, arguments: &[String]) -> Process {
    let mut chaos = Process::new(built.join("chaos"));
    chaos.arg("--binary").arg(built.join("ensue")).args(arguments);
    chaos
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_to_xtask_reaches_the_run() {
        let words = ["--minutes", "20", "--seed", "7"].map(str::to_owned);
        let chaos = chaos(Path::new("built"), &words);
        let arguments: Vec<_> = chaos.get_args().map(|argument| argument.to_string_lossy()).collect();
        assert_eq!(arguments, ["--binary", "built/ensue", "--minutes", "20", "--seed", "7"]);
    }
}
