//! Where a loop keeps its data, and Ensue services as the real process runs them.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use service_host::config::{Backend, Config};
use service_host::{Running, Service};
use store::{Clock, Migration, Place, Store};
use tempfile::TempDir;
use testkit::postgres::{TestDatabase, fresh_database};

use crate::spec::{Database, Spec};

/// The service that consumes, by hand too.
pub(crate) const SERVICE: &str = "orders";

/// The effect, and what the plain loop by hand keeps of its follow-ons.
pub(crate) const TABLES: &[Migration] = &[Migration {
    version: 1,
    name: "bench",
    sql: "CREATE TABLE totals (key TEXT PRIMARY KEY, total BIGINT NOT NULL);
          CREATE TABLE follow_ons (id TEXT PRIMARY KEY, subject TEXT NOT NULL, payload BLOB NOT NULL);",
}];

/// An empty place for stores, gone with this value.
pub(crate) struct Ground {
    pub(crate) place: Place,
    _folder: TempDir,
    _database: Option<TestDatabase>,
}

impl Ground {
    pub(crate) async fn of(spec: &Spec) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("ensue-bench-").tempdir()?;
        let (place, database) = match (spec.database, &spec.prepared) {
            (Database::Sqlite, Some(folder)) => (Place::Sqlite { folder: folder.into() }, None),
            (Database::Sqlite, None) => (Place::Sqlite { folder: folder.path().to_owned() }, None),
            (Database::Postgres, Some(url)) => (Place::Postgres { url: url.clone(), prefix: String::new() }, None),
            (Database::Postgres, None) => {
                let database = fresh_database(&spec.postgres).await;
                (Place::Postgres { url: database.url(), prefix: String::new() }, Some(database))
            }
        };
        Ok(Self { place, _folder: folder, _database: database })
    }

    /// The tables as Ensue makes them.
    pub(crate) async fn prepare(&self, service: &str) -> Result<()> {
        Store::open(&self.place, service, TABLES, Clock::system()).await?.close().await;
        Ok(())
    }

    /// The file of a SQLite store.
    pub(crate) fn file(&self, service: &str) -> Result<PathBuf> {
        match &self.place {
            Place::Sqlite { folder } => Ok(folder.join(format!("{service}.db"))),
            Place::Postgres { .. } => anyhow::bail!("no SQLite"),
        }
    }

    /// The URL of a Postgres store.
    pub(crate) fn url(&self) -> Result<&str> {
        match &self.place {
            Place::Postgres { url, .. } => Ok(url),
            Place::Sqlite { .. } => anyhow::bail!("no Postgres"),
        }
    }

    /// Runs services with the settings that a user has: only the ports are free ones.
    pub(crate) async fn host(&self, spec: &Spec, change: impl FnOnce(&mut Config), services: Vec<Service>) -> Result<Running> {
        let mut config = Config::default();
        config.grpc.port = 0;
        config.metrics.port = 0;
        config.nats.url.clone_from(&spec.nats);
        match &self.place {
            Place::Sqlite { folder } => config.data_dir.clone_from(folder),
            Place::Postgres { url, .. } => {
                config.store.backend = Backend::Postgres;
                config.store.postgres_url.clone_from(url);
            }
        }
        change(&mut config);
        telemetry::metrics::install();
        service_host::start(config, contracts::catalogue(), services).await.context("the services")
    }
}

/// Logs as the process has them; spans too where they are asked for. Keep what comes back until the end.
pub(crate) fn telemetry(spec: &Spec) -> Result<telemetry::Guard> {
    let mut settings = telemetry::Settings::new("bench");
    settings.filter = "warn,ensue=info".to_owned();
    if spec.traced {
        settings.otlp_endpoint = Some(spec.collector.clone());
        settings.sample_ratio = 0.01;
    }
    Ok(telemetry::init(&settings)?)
}
