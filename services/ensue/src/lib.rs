#![doc = include_str!("../README.md")]

mod check;
mod cli;
mod client;
mod config;
mod conversation;
mod dead;
mod duration;
mod event_line;
mod events;
mod import;
mod pages;
mod progress;
mod publish;
mod registry;
mod saga;
mod serve;
mod text;

use std::process::ExitCode;

use clap::Parser;

use cli::{Cli, Command};
use client::Server;
use text::say;

/// What a command that ran comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// Exit code 0.
    Good,
    /// It did its work, and something is not as it should be: exit code 1. What it is was printed.
    Bad,
}

/// Reads the command line, runs the command, and says how it went: 0 good, 1 not good or failed, 2 wrong usage or configuration.
pub fn main() -> ExitCode {
    let cli = Cli::parse(); // leaves with 2 on its own
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&anyhow::Error::from(error).context("the runtime")),
    };
    match runtime.block_on(run(cli)) {
        Ok(Verdict::Good) => ExitCode::SUCCESS,
        Ok(Verdict::Bad) => ExitCode::FAILURE,
        Err(error) => failed(&error),
    }
}

async fn run(cli: Cli) -> anyhow::Result<Verdict> {
    let global = cli.global;
    let server = || Server::at(&global.servers, global.patience);
    match cli.command {
        Command::Up => serve::run(global.sources(), registry::all()).await,
        Command::Serve { services } => serve::run(global.sources(), registry::named(&services)).await,
        Command::Config => config::show(&global.sources()),
        Command::Version => {
            say!("ensue {}", env!("CARGO_PKG_VERSION"));
            Ok(Verdict::Good)
        }
        Command::Import(what) => import::run(&server()?, what).await,
        Command::Publish(arguments) => publish::run(&server()?, &arguments).await,
        Command::Check(arguments) => check::run(&server()?, &arguments).await,
        Command::Events(what) => events::run(&server()?, what).await,
        Command::Dead(what) => dead::run(&server()?, what).await,
        Command::Saga(what) => saga::run(&server()?, what).await,
    }
}

fn failed(error: &anyhow::Error) -> ExitCode {
    eprintln!("ensue: {}", text::sentence(error));
    match error.downcast_ref::<service_host::config::Faults>() {
        Some(_) => ExitCode::from(2),
        None => ExitCode::FAILURE,
    }
}
