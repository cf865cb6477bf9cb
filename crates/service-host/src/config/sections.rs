//! What every process has, and room for what its services declare. A field here is all that a new setting needs: its key, its type and its
//! default are read from it.

mod handling;
mod process;

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

pub use handling::{Consumer, Mode, Retention, Retry, Saga};
pub use process::{Backend, Grpc, Metrics, Nats, Store, Telemetry};

/// Everything. Text that is not set is empty, so that every key has a default to be shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Config {
    /// Where databases, the broker's files and mails go.
    pub data_dir: PathBuf,
    /// Milliseconds that each part of an orderly stop may take: consumers and calls, relays, ports, each store.
    pub shutdown_ms: u64,
    /// The port of commands and queries.
    pub grpc: Grpc,
    /// The port of `/metrics` and `/healthz`.
    pub metrics: Metrics,
    /// The broker.
    pub nats: Nats,
    /// The services' databases.
    pub store: Store,
    /// Logs and spans.
    pub telemetry: Telemetry,
    /// What a failed event gets before it is a dead letter, unless `[consumers.<name>]` says otherwise.
    pub retry: Retry,
    /// How long what tells repeats is kept.
    pub retention: Retention,
    /// Consumers by name, where they differ from their defaults.
    pub consumers: BTreeMap<String, Consumer>,
    /// Time-outs of sagas.
    pub saga: Saga,
    /// The sections of the services as TOML; [`of`](Self::of) and [`put`](Self::put) give them their types.
    #[serde(flatten)]
    pub services: toml::Table,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data_dir: PathBuf::from("./data"),
            shutdown_ms: 10_000,
            grpc: Grpc::default(),
            metrics: Metrics::default(),
            nats: Nats::default(),
            store: Store::default(),
            telemetry: Telemetry::default(),
            retry: Retry::default(),
            retention: Retention::default(),
            consumers: BTreeMap::new(),
            saga: Saga::default(),
            services: toml::Table::new(),
        }
    }
}

impl Config {
    /// What is set for a consumer; nothing for one that is not named. `_` stands for `-` too, which no shell allows in a variable's name.
    pub fn consumer(&self, name: &str) -> Consumer {
        let named = self.consumers.get(name).or_else(|| self.consumers.get(&name.replace('-', "_")));
        named.cloned().unwrap_or_default()
    }
}
