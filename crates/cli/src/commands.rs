//! What a binary can do besides what all of them can.

use clap::{ArgMatches, Command, Error, FromArgMatches, Subcommand, error::ErrorKind};

use crate::Server;

/// What a command that ran comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Exit code 0.
    Good,
    /// It did its work, and something is not as it should be: exit code 1. What it is was printed.
    Bad,
}

/// Subcommands of a binary's own; they stand among the others in `--help`.
pub trait Commands: Subcommand {
    /// Runs the one that was asked for; `server` is where the services answer. An error is printed with its causes, and exit code 1.
    fn run(self, server: Server) -> impl Future<Output = anyhow::Result<Verdict>>;
}

/// No subcommands of one's own.
#[derive(Debug)]
pub enum Nothing {}

impl Commands for Nothing {
    async fn run(self, _server: Server) -> anyhow::Result<Verdict> {
        match self {}
    }
}

impl FromArgMatches for Nothing {
    fn from_arg_matches(_matches: &ArgMatches) -> Result<Self, Error> {
        Err(Error::new(ErrorKind::InvalidSubcommand))
    }

    fn update_from_arg_matches(&mut self, _matches: &ArgMatches) -> Result<(), Error> {
        Ok(())
    }
}

impl Subcommand for Nothing {
    fn augment_subcommands(command: Command) -> Command {
        command
    }

    fn augment_subcommands_for_update(command: Command) -> Command {
        command
    }

    fn has_subcommand(_name: &str) -> bool {
        false
    }
}
