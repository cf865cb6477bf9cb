//! `cargo xtask up`: the whole system on this machine, from nothing, until Ctrl-C.

mod arguments;
mod broker;
mod foreground;

use std::process::ExitCode;

use anyhow::{Result, bail};
use provision::{nats_server, workspace_root};

use crate::command::{Command, cargo, exit_code, run as execute, say};
use arguments::Arguments;
use broker::Broker;

pub const COMMAND: Command = Command {
    name: "up",
    arguments: "[--release] [--nats-port N] [-- flags of ensue up]",
    about: "everything on this machine, under ./data",
    run,
};

/// The setting of `ensue` that says where the broker is.
const URL: &str = "ENSUE__NATS__URL";

fn run(words: &[String]) -> Result<ExitCode> {
    let arguments = Arguments::parse(words)?;
    let binary = match std::env::var(URL) {
        Ok(url) => {
            say(&format!("nats-server: none started, {URL} is {url}"));
            build(&arguments)?
        }
        Err(_) => {
            broker::require_free(arguments.nats_port)?; // now, not after minutes of building
            let server = nats_server::provision()?;
            let binary = build(&arguments)?;
            let broker = Broker::start(&server, arguments.nats_port)?;
            return foreground::run(ensue(&binary, &arguments).env(URL, broker.url()), Some(broker)).map(exit_code);
        }
    };
    foreground::run(&mut ensue(&binary, &arguments), None).map(exit_code)
}

fn build(arguments: &Arguments) -> Result<std::path::PathBuf> {
    let mut build = cargo();
    build.args(["build", "--package", "ensue", "--bin", "ensue"]);
    if arguments.release {
        build.arg("--release");
    }
    if !execute(&mut build)?.success() {
        bail!("ensue does not build");
    }
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace_root().join("target"), Into::into);
    Ok(target.join(if arguments.release { "release" } else { "debug" }).join("ensue"))
}

fn ensue(binary: &std::path::Path, arguments: &Arguments) -> std::process::Command {
    let mut ensue = std::process::Command::new(binary);
    ensue.current_dir(workspace_root()).arg("up").args(&arguments.ensue);
    ensue
}
