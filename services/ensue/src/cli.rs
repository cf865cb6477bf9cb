//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::PossibleValuesParser;
use clap::{Args, Parser, Subcommand};
use service_host::config::Sources;

use crate::{check, dead, duration, events, import, publish, registry, saga};

/// Runs the services, and looks after them.
#[derive(Debug, Parser)]
#[command(name = "ensue", version, max_term_width = 110)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
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
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run all services in this process; prints `ready` when they answer
    Up,
    /// Run some services in this process
    Serve {
        /// Which
        #[arg(required = true, value_parser = PossibleValuesParser::new(registry::names()))]
        services: Vec<String>,
    },
    /// Show every setting with its value and where it comes from
    Config,
    /// Show the version
    Version,
    /// Bring in products, orders and workouts from files
    #[command(subcommand)]
    Import(import::What),
    /// Publish events from a file: all or nothing
    Publish(publish::Arguments),
    /// Compare what the services say of one another, piece by piece and cent by cent
    Check(check::Arguments),
    /// Read the history
    #[command(subcommand)]
    Events(events::What),
    /// Look after messages that could not be handled
    #[command(subcommand)]
    Dead(dead::What),
    /// Look after the sagas of orders
    #[command(subcommand)]
    Saga(saga::What),
}
