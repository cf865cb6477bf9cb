//! `cargo xtask fuzz`: bad input through a real broker, and whether each of it is accounted for. See docs/chaos.md.

use std::process::{Command as Process, ExitCode};

use anyhow::{Context, Result, bail};
use provision::nats_server;
use provision::postgres::{HOW_TO_GET, PostgresServer};

use crate::command::{Command, cargo, exit_code, run as execute};

pub const COMMAND: Command = Command {
    name: "fuzz",
    arguments: "[--count N] [--seed S] [--store sqlite|postgres]",
    about: "mutated envelopes and payloads, each ends as applied or dead",
    run,
};

/// What was asked for.
#[derive(Debug, PartialEq)]
struct Wish {
    count: u64,
    seed: u64,
    store: String,
}

fn run(arguments: &[String]) -> Result<ExitCode> {
    let wish = Wish::of(arguments)?;
    let nats_server = nats_server::provision()?;
    let mut fuzzing = wish.test();
    fuzzing.env("ENSUE_NATS_SERVER", nats_server);
    // It lives as long as the test.
    let server = (wish.store == "postgres").then(PostgresServer::start).transpose().context(HOW_TO_GET)?;
    if let Some(server) = &server {
        fuzzing.env("ENSUE_TEST_POSTGRES", server.url());
    }
    Ok(exit_code(execute(&mut fuzzing)?))
}

impl Wish {
    fn of(arguments: &[String]) -> Result<Self> {
        let mut wish = Self { count: 100_000, seed: 1, store: "sqlite".to_owned() };
        for pair in arguments.chunks(2) {
            let [name, value] = pair else { bail!("{} needs a value", pair[0]) };
            match (name.as_str(), value.as_str()) {
                ("--count", number) => wish.count = number.parse().context("--count")?,
                ("--seed", number) => wish.seed = number.parse().context("--seed")?,
                ("--store", store @ ("sqlite" | "postgres")) => store.clone_into(&mut wish.store),
                _ => bail!("{name} {value} is not known"),
            }
        }
        Ok(wish)
    }

    fn test(&self) -> Process {
        let mut test = cargo();
        let fact = format!("fuzzing::{}::every_bad_input_ends_as_applied_or_dead", self.store);
        test.args(["test", "--package", "delivery", "--test", "it", "--", "--exact", &fact, "--nocapture"]);
        test.env("ENSUE_FUZZ_COUNT", self.count.to_string()).env("ENSUE_FUZZ_SEED", self.seed.to_string());
        test
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_said_is_a_full_run() {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        assert_eq!(Wish::of(&[]).unwrap(), Wish { count: 100_000, seed: 1, store: "sqlite".to_owned() });
        let wish = Wish::of(&words(&["--seed", "7", "--store", "postgres"])).unwrap();
        assert_eq!((wish.seed, wish.store.as_str()), (7, "postgres"));
        assert!(Wish::of(&words(&["--store", "oracle"])).is_err());
        assert!(Wish::of(&words(&["--count"])).is_err());
    }
}
