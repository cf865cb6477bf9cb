//! `cargo xtask up`: the whole system on this machine, from nothing, until Ctrl-C.

mod arguments;
mod foreground;

use std::path::PathBuf;
use std::process::{Command as Process, ExitCode};

use anyhow::{Result, bail};
use provision::workspace_root;

use crate::command::{Command, cargo, exit_code, run as execute};
use arguments::Arguments;

pub const COMMAND: Command = Command {
    name: "up",
    arguments: "[--release] [--nats-port N] [-- flags of ensue up]",
    about: "everything on this machine, under ./data",
    run,
};

fn run(words: &[String]) -> Result<ExitCode> {
    let arguments = Arguments::parse(words)?;
    let binary = build(arguments.release)?;
    let mut ensue = Process::new(binary);
    ensue.current_dir(workspace_root()).arg("up").args(&arguments.ensue);
    foreground::run(&mut ensue).map(exit_code)
}

fn build(release: bool) -> Result<PathBuf> {
    let mut build = cargo();
    build.args(["build", "--package", "ensue-shop", "--bin", "ensue"]);
    if release {
        build.arg("--release");
    }
    if !execute(&mut build)?.success() {
        bail!("ensue does not build");
    }
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace_root().join("target"), Into::into);
    Ok(target.join(if release { "release" } else { "debug" }).join("ensue"))
}
