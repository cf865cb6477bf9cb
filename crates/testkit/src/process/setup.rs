//! What a process is started with.

use catalogue::Catalogue;
use service_host::Running;
use service_host::config::{Backend, Config};
use tonic::transport::{Channel, Endpoint};

use super::{Process, Services};
use crate::database::Database;
use crate::nats_server::NatsServer;

/// A process that is not started yet.
pub struct Setup {
    catalogue: Catalogue,
    services: Services,
    database: Database,
    config: Config,
}

impl Setup {
    pub(super) fn new(catalogue: Catalogue, services: Services) -> Self {
        let mut config = Config { shutdown_ms: 5_000, ..Config::default() };
        config.grpc.port = 0;
        config.metrics.port = 0;
        // The order of attempts is as in life, the waits are not.
        config.retry.backoff_ms = vec![20, 40, 80];
        Self { catalogue, services, database: Database::Sqlite, config }
    }

    /// On another database than SQLite.
    pub fn on(mut self, database: Database) -> Self {
        self.database = database;
        self
    }

    /// With other settings than the tests' defaults: free ports, retries after 20, 40 and 80 ms.
    pub fn set(mut self, change: impl FnOnce(&mut Config)) -> Self {
        change(&mut self.config);
        self
    }

    /// Starts a broker, and then the process.
    ///
    /// # Panics
    /// When one of them does not start.
    pub async fn start(mut self) -> Process {
        logs();
        let nats = NatsServer::start().await;
        let data = tempfile::Builder::new().prefix("ensue-data-").tempdir().expect("a folder");
        self.config.data_dir = data.path().to_owned();
        self.config.nats.url = nats.url();
        if let Database::Postgres(database) = &self.database {
            self.config.store.backend = Backend::Postgres;
            self.config.store.postgres_url = database.url();
        }
        let client = async_nats::connect(nats.url()).await.expect("a client of the broker");
        let running =
            service_host::start(self.config.clone(), self.catalogue.clone(), (self.services)(&self.config)).await.expect("a process");
        let channel = channel(&running).await;
        Process {
            running: Some(running),
            channel,
            client,
            nats,
            config: self.config,
            catalogue: self.catalogue,
            services: self.services,
            _data: data,
            _database: self.database,
        }
    }
}

pub(super) async fn channel(running: &Running) -> Channel {
    let endpoint = Endpoint::from_shared(format!("http://{}", running.grpc)).expect("an address");
    endpoint.connect().await.expect("the gRPC port")
}

/// Logs on stderr for whoever asks with `RUST_LOG`.
fn logs() {
    if std::env::var_os("RUST_LOG").is_some() {
        // The second test of the same binary finds them set up.
        if let Ok(guard) = telemetry::init(&telemetry::Settings::from_env("test")) {
            std::mem::forget(guard);
        }
    }
}
