//! `cargo xtask test`: the whole suite, with the servers it needs.

use std::process::{Command as Process, ExitCode};

use anyhow::Result;
use provision::nats_server;
use provision::postgres::{HOW_TO_GET, PostgresServer, find_binaries};

use crate::command::{Command, cargo, exit_code, run as execute, say};

pub const COMMAND: Command = Command {
    name: "test",
    arguments: "[filter…] | [flags of cargo test]",
    about: "the whole suite, with nats-server and a private Postgres",
    run,
};

/// Read by `testkit::postgres`.
const CLUSTER: &str = "ENSUE_TEST_POSTGRES";

fn run(arguments: &[String]) -> Result<ExitCode> {
    let nats_server = nats_server::provision()?;
    say(&format!("nats-server: {}", nats_server.display()));
    let postgres = Postgres::provide()?;
    say(&format!("Postgres: {}", postgres.describe()));

    let mut tests = cargo_test(arguments);
    tests.env("ENSUE_NATS_SERVER", nats_server);
    if let Postgres::Private(server) = &postgres {
        tests.env(CLUSTER, server.url());
    }
    let status = execute(&mut tests)?;

    if let Postgres::Missing = postgres {
        say(&format!("the tests on Postgres were SKIPPED: {}", postgres.describe()));
    }
    say(if status.success() { "test: passed" } else { "test: FAILED" });
    Ok(exit_code(status))
}

/// `cargo test` over the workspace. Plain words are filters; as soon as there is a flag, all of it is cargo's.
fn cargo_test(arguments: &[String]) -> Process {
    let mut tests = cargo();
    tests.args(["test", "--no-fail-fast"]);
    if !arguments.iter().any(|argument| argument.starts_with("-p") || argument.starts_with("--package")) {
        tests.arg("--workspace");
    }
    if arguments.iter().any(|argument| argument.starts_with('-')) {
        tests.args(arguments);
    } else {
        tests.arg("--").args(arguments);
    }
    tests
}

enum Postgres {
    Private(PostgresServer),
    /// The caller's own, named by the environment.
    Given(String),
    Missing,
}

impl Postgres {
    fn provide() -> Result<Postgres> {
        if let Ok(url) = std::env::var(CLUSTER) {
            return Ok(Postgres::Given(url));
        }
        if find_binaries().is_none() {
            return Ok(Postgres::Missing);
        }
        Ok(Postgres::Private(PostgresServer::start()?))
    }

    fn describe(&self) -> String {
        match self {
            Postgres::Private(server) => format!("a private cluster, {}", server.url()),
            Postgres::Given(url) => format!("the cluster of {CLUSTER}, {url}"),
            Postgres::Missing => format!("no server on this machine; to get it: {HOW_TO_GET}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(words: &[&str]) -> Vec<String> {
        let words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
        cargo_test(&words).get_args().map(|argument| argument.to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn several_words_are_several_filters() {
        assert_eq!(arguments(&["parked", "relay"]), ["test", "--no-fail-fast", "--workspace", "--", "parked", "relay"]);
    }

    #[test]
    fn a_package_narrows_the_workspace() {
        assert_eq!(arguments(&["-p", "store", "log"]), ["test", "--no-fail-fast", "-p", "store", "log"]);
    }
}
