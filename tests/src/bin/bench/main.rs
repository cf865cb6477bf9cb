//! `cargo xtask bench`: the ladder of docs/performance.md, each rung beside a control written by hand on async-nats and sqlx.
//!
//! Every loop runs in a process of its own, so that its processor time and memory are its own; this process starts the servers, fills the
//! streams, starts the loops one after another, round by round, and writes down what they say.

mod calls;
mod chart;
mod control;
mod figures;
mod input;
mod latency;
mod long;
mod meter;
mod node;
mod orders;
mod plan;
mod publishing;
mod reading;
mod replay;
mod report;
mod run;
mod spec;
mod totals;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

use spec::Spec;

/// As the `ensue` binary has it, for the controls too.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Measures this checkout on this machine.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask bench")]
struct Arguments {
    /// The `ensue` binary
    #[arg(long, default_value = "target/release/ensue")]
    binary: PathBuf,
    /// One round and fewer events: three minutes at most
    #[arg(long)]
    quick: bool,
    /// Only rungs whose name begins with one of these, with commas between: `b/sqlite,e`
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Where bench.json and bench.svg go
    #[arg(long, default_value = "target/bench")]
    out: PathBuf,
    /// A loop, as this program calls itself
    #[arg(long, hide = true)]
    one: Option<String>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let done = match &arguments.one {
        Some(spec) => runtime.block_on(one(spec)),
        None => runtime.block_on(run::all(&run::Wish {
            binary: arguments.binary,
            quick: arguments.quick,
            only: arguments.only,
            out: arguments.out,
        })),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("bench: {why:#}");
            ExitCode::FAILURE
        }
    }
}

/// Runs one loop to its end and prints what was measured.
async fn one(spec: &str) -> anyhow::Result<()> {
    let spec: Spec = serde_json::from_str(spec)?;
    let measured = spec::measure(&spec).await?;
    println!("{}", serde_json::to_string(&measured)?);
    Ok(())
}
