//! The broker over a real NATS server.

use std::sync::Arc;
use std::time::Duration;

use messaging::{Broker, ObjectStore};
use messaging_nats::{NatsBroker, Options};
use testkit::NatsServer;
use testkit::broker_suite::Harness;

pub struct Nats {
    pub broker: Arc<NatsBroker>,
    pub server: NatsServer,
    remembered: tempfile::TempDir,
}

impl Harness for Nats {
    async fn start() -> Self {
        let server = NatsServer::start().await;
        let options = Options { timeout: Duration::from_secs(3), ..Options::new(server.url(), "suite") };
        let broker = Arc::new(NatsBroker::connect(options).await.unwrap());
        Self { broker, server, remembered: tempfile::tempdir().unwrap() }
    }

    fn broker(&self) -> Arc<dyn Broker> {
        self.broker.clone()
    }

    fn objects(&self) -> Arc<dyn ObjectStore> {
        self.broker.clone()
    }

    async fn purge(&self, stream: &str) {
        self.broker.context().get_stream(stream).await.unwrap().purge().await.unwrap();
    }

    async fn delete(&self, stream: &str) {
        self.broker.context().delete_stream(stream).await.unwrap();
    }

    async fn remember(&self) {
        self.server.copy_store(&self.remembered.path().join("store"));
    }

    async fn power_cut(&self) {
        self.server.kill();
        self.server.restore_store(&self.remembered.path().join("store"));
        self.server.restart().await;
    }

    async fn down(&self) {
        self.server.kill();
    }

    async fn up(&self) {
        self.server.restart().await;
    }
}

testkit::broker_suite!(Nats);
