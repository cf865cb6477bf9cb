//! Three services behind one broker, and the ways into them.

use std::collections::HashMap;
use std::ops::Range;

use async_nats::{HeaderMap, HeaderName, HeaderValue};
use delivery::door::Door;
use delivery::{Consumer, Handler, Policy, Received};
use futures::future::join_all;
use messaging::{Cause, Done, Envelope, Outcome};
use store::{StoreError, Work, params};
use testkit::sample::inventory::v1::RestockProduct;

use super::account::Account;
use super::mutants::{Mutant, Way};
use crate::rig::{Effect, Node, Rig, by_key, quick};

/// Keys of healthy events, in several partitions.
pub const HEALTHY: [&str; 8] = ["apple", "pear", "plum", "fig", "date", "lime", "kiwi", "nut"];

/// Takes commands by hand.
struct Restock;

impl Handler for Restock {
    type Input = RestockProduct;

    async fn handle(&self, command: Received<RestockProduct>, work: &mut Work) -> Outcome {
        let sql = "INSERT INTO effects (arrival, event_id, key, n) SELECT COALESCE(MAX(arrival), 0) + 1, $1, $2, 0 FROM effects";
        work.execute(sql, params![&command.envelope().correlation_id, &command.product_id]).await?;
        Ok(Done)
    }
}

pub struct System {
    /// Owns the log of the events, takes the commands.
    pub inventory: Node,
    /// Handles the events, and keeps what is nobody's.
    pub orders: Node,
    /// Has a door.
    pub workouts: Node,
    js: async_nats::jetstream::Context,
}

impl System {
    pub async fn start(rig: &Rig) -> Self {
        let (inventory, orders) = (rig.source().await, rig.sink().await);
        let workouts = Node::start(&rig.nats.url(), &rig.place(), "workouts").await;
        // One try each, and as many keys may wait as there are.
        let policy = Policy { attempts: 1, parked_limit: usize::MAX, ..quick() };
        orders.consume(Consumer::new("effects").on(Effect::default()).policy(policy.clone()).keeping_foreign());
        let commands = Consumer::new("commands").on(Restock).policy(policy);
        inventory.consume_with(commands, Some(Door::new("inventory", &testkit::sample::catalogue())), HashMap::new());
        let door = Door::new("workouts", &testkit::sample::catalogue());
        let filters = HashMap::from([(messaging::INGEST.to_owned(), door.subjects())]);
        workouts.consume_with(Consumer::reading("door", messaging::INGEST), Some(door), filters);
        let js = async_nats::jetstream::new(async_nats::connect(rig.nats.url()).await.expect("a client"));
        let system = Self { inventory, orders, workouts, js };
        system.streams_are_there().await;
        system
    }

    async fn streams_are_there(&self) {
        crate::rig::eventually(std::time::Duration::from_secs(20), async || {
            for stream in ["EVENTS_INVENTORY", "COMMANDS_INVENTORY", messaging::INGEST] {
                self.js.get_stream(stream).await.ok()?;
            }
            Some(())
        })
        .await;
    }

    pub fn dialect(&self) -> &'static str {
        if self.orders.store.dialect() == store::Dialect::Sqlite { "sqlite" } else { "postgres" }
    }

    pub async fn healthy(&self, numbers: Range<i64>) {
        self.inventory.restock_all(&HEALTHY, numbers).await;
    }

    /// The last positions of the events' stream, by partition.
    pub async fn heads(&self) -> HashMap<u32, u64> {
        let heads = store::log::heads(&self.inventory.store).await.expect("heads");
        heads.into_iter().filter(|(stream, _, _)| stream == "EVENTS_INVENTORY").map(|(_, partition, head)| (partition, head)).collect()
    }

    /// Sends all of them; what the broker does not take is not sent.
    pub async fn send(&self, mutants: Vec<Mutant>, account: &mut Account) {
        let (logged, published): (Vec<_>, Vec<_>) = mutants.into_iter().partition(|mutant| matches!(mutant.way, Way::Log));
        let envelopes: Vec<Envelope> = logged.into_iter().filter_map(|mutant| mutant.envelope).collect();
        account.logged(&envelopes);
        let appended = self.inventory.store.write::<_, StoreError, _>(move |work| {
            Box::pin(async move {
                for envelope in envelopes {
                    work.emit_envelope(&Cause::root("fuzz"), envelope, None);
                }
                Ok(())
            })
        });
        appended.await.expect("appended");
        let mut answers = Vec::new();
        for mutant in published {
            let mut headers = HeaderMap::new();
            for (name, value) in &mutant.headers {
                // What can't travel as a header can't come as one.
                if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), value.parse::<HeaderValue>()) {
                    headers.append(name, value);
                }
            }
            headers.insert("Nats-Msg-Id", mutant.id.as_str());
            if let Ok(answer) = self.js.publish_with_headers(mutant.subject.clone(), headers, mutant.payload.clone().into()).await {
                answers.push(async move { answer.await.ok().map(|_| mutant) });
            }
        }
        for mutant in join_all(answers).await.into_iter().flatten() {
            account.published(&mutant);
        }
    }

    /// What is healthy was applied once each, in order, whatever was around it.
    pub async fn is_healthy(&self, each: i64) {
        let applied = by_key(&self.orders.effects().await);
        for key in HEALTHY {
            assert!(applied[key].iter().copied().eq(0..each), "{key}: {:?}", applied[key]);
        }
    }

    pub async fn stop(self) {
        self.orders.stop().await;
        self.workouts.stop().await;
        self.inventory.stop().await;
    }
}
