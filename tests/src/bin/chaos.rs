//! `chaos --binary target/debug/ensue --minutes 20 --seed 7`: one chaos run; `cargo xtask chaos` builds what it needs and calls this.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use acceptance::chaos::{self, Plan, Store};
use clap::Parser;

/// A chaos run.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask chaos")]
struct Arguments {
    /// The `ensue` binary
    #[arg(long)]
    binary: PathBuf,
    /// How long there are faults; settling and checking come after that
    #[arg(long, default_value_t = 2.0)]
    minutes: f64,
    /// Faults, orders and noise follow from it
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where the services keep their data
    #[arg(long, value_enum, default_value_t = Store::Sqlite)]
    store: Store,
    /// Orders a second
    #[arg(long, default_value_t = 10.0)]
    rate: f64,
}

fn main() -> ExitCode {
    let Arguments { binary, minutes, seed, store, rate } = Arguments::parse();
    let lasting = Duration::from_secs_f64(minutes * 60.0);
    let plan = Plan { binary, store, seed, lasting, rate, talkative: true };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let tally = runtime.block_on(chaos::run(&plan));
    println!("{tally}");
    if tally.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
