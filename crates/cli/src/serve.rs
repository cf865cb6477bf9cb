//! `up` and `serve`: ports, run, drain.

use std::process::ExitStatus;

use anyhow::Context as _;
use catalogue::Catalogue;
use service_host::config::{Backend, Config, Loaded, Sections, Setting, Sources};
use service_host::{Running, shutdown};

use crate::Verdict;
use crate::app::runtime;
use crate::broker::Broker;
use crate::registry::Make;

/// What is to be run.
pub struct Program {
    pub name: &'static str,
    /// What all services of the binary say to one another, also those that do not run here.
    pub catalogue: Catalogue,
    pub services: Vec<Make>,
    /// What can be set for them.
    pub sections: Sections,
}

/// Runs these services on the broker that the configuration names. A fault in it ends it before any port opens.
pub fn run(program: Program, sources: &Sources) -> anyhow::Result<Verdict> {
    let loaded = Config::load(sources, &program.sections)?;
    runtime()?.block_on(until_stopped(program, loaded, None))
}

/// Until a signal. `broker` is ours where we started one: its end is said.
pub async fn until_stopped(program: Program, loaded: Loaded, broker: Option<&mut Broker>) -> anyhow::Result<Verdict> {
    let config = loaded.config;
    let telemetry = telemetry::init(&config.telemetry.settings(program.name))?;
    let stop = shutdown::on_signal().context("signals")?;
    let made = program.services.iter().map(|make| make(&config)).collect();
    let running = tokio::select! {
        running = service_host::start(config.clone(), program.catalogue, made) => running?,
        () = stop.cancelled() => return Ok(Verdict::Good),
    };
    print(&running, &config, &loaded.effective);
    tokio::select! {
        () = stop.cancelled() => {}
        status = end_of(broker) => {
            tracing::error!(%status, "nats-server ended; commands are still accepted, nothing travels until the next start");
            stop.cancelled().await;
        }
    }
    running.stop().await;
    drop(telemetry); // sends what is buffered
    Ok(Verdict::Good)
}

/// How our broker ended; never, when there is none.
async fn end_of(broker: Option<&mut Broker>) -> ExitStatus {
    match broker {
        Some(broker) => broker.end().await,
        None => std::future::pending().await,
    }
}

/// One line per place to go to, then `ready`: whoever started us waits for that.
fn print(running: &Running, config: &Config, effective: &[Setting]) {
    let shown = |key: &str| {
        let setting = effective.iter().find(|setting| setting.key == key);
        setting.map(|setting| setting.value.trim_matches('"').to_owned()).unwrap_or_default()
    };
    println!("gRPC     http://{}", running.grpc);
    println!("metrics  http://{}/metrics", running.metrics);
    println!("NATS     {}", shown("nats.url"));
    let folder = std::path::absolute(&config.data_dir).unwrap_or_else(|_| config.data_dir.clone());
    match config.store.backend {
        Backend::Sqlite => {}
        Backend::Postgres => println!("store    {}", shown("store.postgres_url")),
    }
    println!("data     {}", folder.display());
    if !config.telemetry.otlp_endpoint.is_empty() {
        println!("traces   {}", config.telemetry.otlp_endpoint);
    }
    println!("ready");
}
