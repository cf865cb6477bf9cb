//! `ensue up` and `ensue serve`: configuration, ports, run, drain.

use anyhow::Context as _;
use service_host::config::{Backend, Config, Setting, Sources};
use service_host::{Running, shutdown};

use crate::Verdict;
use crate::registry::{self, Make};

/// Runs these services until a signal. A fault in the configuration ends it before any port opens.
pub async fn run(sources: Sources, services: Vec<Make>) -> anyhow::Result<Verdict> {
    let loaded = Config::load(&sources, &registry::settings())?;
    let config = loaded.config;
    let telemetry = telemetry::init(&config.telemetry.settings("ensue"))?;
    let stop = shutdown::on_signal().context("signals")?;
    let made = services.iter().map(|make| make(&config)).collect();
    let running = tokio::select! {
        running = service_host::start(config.clone(), contracts::catalogue(), made) => running?,
        () = stop.cancelled() => return Ok(Verdict::Good),
    };
    print(&running, &config, &loaded.effective);
    stop.cancelled().await;
    running.stop().await;
    drop(telemetry); // sends what is buffered
    Ok(Verdict::Good)
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
