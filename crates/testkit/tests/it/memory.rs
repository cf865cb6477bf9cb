//! The broker in memory.

use std::sync::{Arc, Mutex};

use messaging::memory::MemoryBroker;
use messaging::{Broker, ObjectStore, StreamSpec};
use testkit::broker_suite::Harness;

struct Memory {
    broker: MemoryBroker,
    remembered: Mutex<u64>,
}

const STREAM: &str = "EVENTS_ORDER";

impl Harness for Memory {
    async fn start() -> Self {
        Self { broker: MemoryBroker::new(), remembered: Mutex::new(0) }
    }

    fn broker(&self) -> Arc<dyn Broker> {
        Arc::new(self.broker.clone())
    }

    fn objects(&self) -> Arc<dyn ObjectStore> {
        Arc::new(self.broker.clone())
    }

    async fn purge(&self, stream: &str) {
        self.broker.purge(stream);
    }

    async fn delete(&self, stream: &str) {
        self.broker.delete(stream);
    }

    async fn remember(&self) {
        let state = self.broker.state(STREAM).await.unwrap().unwrap();
        *self.remembered.lock().unwrap() = state.last_sequence;
    }

    async fn power_cut(&self) {
        self.broker.truncate(STREAM, *self.remembered.lock().unwrap());
    }

    async fn down(&self) {
        self.broker.set_down(true);
    }

    async fn up(&self) {
        self.broker.set_down(false);
    }
}

testkit::broker_suite!(Memory);

#[tokio::test]
async fn the_clock_given_moves_the_duplicate_window_and_the_age() {
    let now = Arc::new(Mutex::new(1_000_000_000_i64));
    let clock = now.clone();
    let broker = MemoryBroker::with_clock(move || *clock.lock().unwrap());
    let spec = StreamSpec::events("order");
    broker.ensure(&spec).await.unwrap();
    let publish = async || {
        let message = messaging::Outgoing {
            subject: "events.order.placed.a".to_owned(),
            message_id: "id-1".to_owned(),
            headers: Vec::new(),
            payload: Default::default(),
        };
        broker.publish(message, messaging::Expect::Any).await.unwrap().await.unwrap()
    };
    assert!(!publish().await.duplicate);
    assert!(publish().await.duplicate);
    *now.lock().unwrap() += i64::try_from(spec.duplicate_window.as_nanos()).unwrap();
    assert!(!publish().await.duplicate);
    *now.lock().unwrap() += i64::try_from(spec.max_age.as_nanos()).unwrap();
    assert_eq!(broker.state(STREAM).await.unwrap().unwrap().messages, 0);
}
