//! What only this binary can: it knows the shop and the gym.

use clap::Subcommand;
use ensue_cli::{Commands, Server, Verdict};

use crate::{check, import, saga};

#[derive(Subcommand)]
pub enum Command {
    /// Bring in products, orders and workouts from files
    #[command(subcommand)]
    Import(import::What),
    /// Compare what the services say of one another, piece by piece and cent by cent
    Check(check::Arguments),
    /// Look after the sagas of orders
    #[command(subcommand)]
    Saga(saga::What),
}

impl Commands for Command {
    async fn run(self, server: Server) -> anyhow::Result<Verdict> {
        match self {
            Self::Import(what) => import::run(&server, what).await,
            Self::Check(arguments) => check::run(&server, &arguments).await,
            Self::Saga(what) => saga::run(&server, what).await,
        }
    }
}
