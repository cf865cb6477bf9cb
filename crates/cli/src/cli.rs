//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::PossibleValuesParser;
use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use service_host::config::Sources;

use crate::{Commands, config, dead, duration, events, new, publish, up};

/// All of it; name, version and what it is about are the binary's.
#[derive(Parser)]
#[command(max_term_width = 110)]
pub struct Cli<C: Commands> {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command<C>,
}

/// What every command understands.
#[derive(Debug, Args)]
pub struct Global {
    /// The configuration file [default: ensue.toml, if there is one]
    #[arg(long, global = true, value_name = "FILE", help_heading = "Global")]
    config: Option<PathBuf>,
    /// A setting, e.g. grpc.port=50052; wins over file and environment
    #[arg(long, global = true, value_name = "SECTION.KEY=VALUE", help_heading = "Global")]
    set: Vec<String>,
    /// Where the services answer, for commands that ask them: a URL for all, SERVICE=URL for one that runs apart
    #[arg(
        long = "server",
        global = true,
        env = "ENSUE_SERVER",
        value_delimiter = ',',
        default_value = "http://127.0.0.1:50051",
        value_name = "[SERVICE=]URL",
        help_heading = "Global"
    )]
    pub servers: Vec<String>,
    /// How long such a command waits for services that do not answer, and tries again
    #[arg(long, global = true, default_value = "60s", value_parser = duration::parse, value_name = "TIME", help_heading = "Global")]
    pub patience: Duration,
}

impl Global {
    /// Where settings come from.
    pub fn sources(&self) -> Sources {
        Sources::of_process(self.config.clone(), self.set.clone())
    }
}

/// What to do.
#[derive(Subcommand)]
pub enum Command<C: Commands> {
    /// Run all services in this process, on a nats-server of its own unless nats.url is set; prints `ready` when they answer
    Up(up::Arguments),
    /// Run some services in this process, on the broker of nats.url
    Serve {
        /// Which
        #[arg(required = true, value_name = "SERVICE")]
        services: Vec<String>,
    },
    /// Show every setting with its value and where it comes from
    Config(config::Arguments),
    #[command(flatten)]
    Ask(Box<Ask<C>>),
    /// Print a script that completes this command line in a shell
    Completions {
        /// For which
        #[arg(value_enum)]
        shell: Shell,
    },
    /// Make a workspace of one's own: a service with an event, a command, a query and its facts
    New(new::Workspace),
    /// Add a service to the workspace that this is run in
    NewService(new::Service),
    /// Show the version
    Version,
}

/// What needs services that answer.
#[derive(Subcommand)]
pub enum Ask<C: Commands> {
    /// Publish events from a file: all or nothing
    Publish(publish::Arguments),
    /// Read the history
    #[command(subcommand)]
    Events(events::What),
    /// Look after messages that could not be handled
    #[command(subcommand)]
    Dead(dead::What),
    #[command(flatten)]
    Own(C),
}

impl<C: Commands> Cli<C> {
    /// The grammar with the services that this binary has.
    pub fn grammar(command: clap::Command, services: Vec<&'static str>) -> clap::Command {
        command.mut_subcommand("serve", |serve| {
            serve.mut_arg("services", |argument| argument.value_parser(PossibleValuesParser::new(services)))
        })
    }
}
