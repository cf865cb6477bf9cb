//! One loop to be measured, and what was measured: both travel as JSON between this program and itself.

use std::path::PathBuf;

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::{calls, control, latency, orders, publishing, reading, replay, totals};

/// A database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Database {
    Sqlite,
    Postgres,
}

impl Database {
    pub(crate) const BOTH: [Self; 2] = [Self::Sqlite, Self::Postgres];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

/// What a loop does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum What {
    /// By hand: fetch and acknowledge, no database.
    RawFetch,
    /// By hand: publish with many in flight, every acknowledgement awaited.
    RawPublish,
    /// By hand: the log's rows appended in one transaction a batch, no broker.
    RawAppend,
    /// By hand: the same, and published beside the next batch.
    RawRelay,
    /// By hand, a batch a transaction: inbox of ids, totals, follow-on rows; no event rows.
    RawPlain,
    /// By hand, a batch a transaction: all that Ensue writes.
    RawSame,
    /// The same with an inbox of ids in place of positions.
    RawInbox,
    /// By hand, an event a transaction, 64 at a time.
    RawEach,
    /// By hand: a SQLite transaction for each call, no gRPC.
    RawCommit,
    /// By hand: events at a fixed rate, from written to effect.
    RawLatency,
    /// By hand: one SQLite transaction, and one statement a table, for all calls that wait; their events published, no gRPC.
    RawCommits,
    /// By hand: orders through five services and an event log, without gRPC, Protobuf, tracing or a saga.
    RawOrders,
    /// Ensue's port to the broker, envelopes and payloads read, no database.
    Reading,
    /// Ensue's consumer over events that it has had already.
    Repeats,
    /// Ensue's batch handler.
    Batch,
    /// Ensue's handler of one event at a time.
    Each,
    /// Ensue's consumer of a stream that somebody else writes.
    Foreign,
    /// Ensue's store and relay.
    Relay,
    /// `PublishEvents` of the running system.
    Publishing,
    /// `Restock` of the running system.
    Calls,
    /// `Restock` with a quantity that is refused before the store is asked.
    Refusals,
    /// Orders through the running system, as many as go through.
    Orders,
    /// Orders at a fixed rate: from placed to confirmed.
    OrderLatency,
    /// Events at a fixed rate: from written to effect.
    EventLatency,
    /// A new projection over a long log.
    Replay,
}

/// A loop and its conditions.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Spec {
    pub(crate) what: What,
    pub(crate) database: Database,
    /// Events (or calls, or orders) that are counted.
    pub(crate) events: u64,
    /// Different keys among them.
    pub(crate) keys: u64,
    /// Events in one transaction, or in one list.
    pub(crate) batch: usize,
    /// Callers at once, or a fixed rate a second.
    pub(crate) load: u64,
    /// Telemetry is on and 1 % of the traces is recorded.
    pub(crate) traced: bool,
    /// By hand on Postgres: numbered in the transaction that appends, as a writer may that is the only one.
    pub(crate) one_writer: bool,
    /// The broker gathers every event in one stream besides.
    pub(crate) all_events: bool,
    pub(crate) nats: String,
    pub(crate) postgres: String,
    pub(crate) collector: String,
    pub(crate) binary: PathBuf,
    /// A folder that stays until the end of the run.
    pub(crate) kept: PathBuf,
    /// A store with a long log, made beforehand: a folder, or the URL of a Postgres database.
    pub(crate) prepared: Option<String>,
}

/// What came out.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Measured {
    pub(crate) events: u64,
    pub(crate) seconds: f64,
    pub(crate) cpu: Cpu,
    /// The loop's own process, at its largest, in bytes.
    pub(crate) memory: u64,
    /// Broker and database at the end, in bytes; what processes share is counted once.
    pub(crate) servers_memory: u64,
    /// Transactions committed in the loop's store, where somebody counted.
    pub(crate) commits: Option<u64>,
    /// Each event's, in milliseconds.
    pub(crate) latencies: Vec<f64>,
}

impl Measured {
    pub(crate) fn rate(&self) -> f64 {
        self.events as f64 / self.seconds.max(1e-9)
    }

    pub(crate) fn cpu_per_100k(&self) -> f64 {
        self.cpu.all() * self.per_100k()
    }

    pub(crate) fn per_100k(&self) -> f64 {
        100_000.0 / self.events.max(1) as f64
    }
}

/// Processor seconds, by whose they are.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Cpu {
    /// The loop's own process, and what it started that is no server.
    pub(crate) own: f64,
    pub(crate) broker: f64,
    pub(crate) database: f64,
}

impl Cpu {
    /// Those of processes with this name.
    pub(crate) fn of(&mut self, process: &str) -> &mut f64 {
        match process {
            "nats-server" => &mut self.broker,
            "postgres" => &mut self.database,
            _ => &mut self.own,
        }
    }

    pub(crate) fn all(&self) -> f64 {
        self.own + self.broker + self.database
    }
}

impl std::ops::Sub for Cpu {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        Self { own: self.own - before.own, broker: self.broker - before.broker, database: self.database - before.database }
    }
}

pub(crate) async fn measure(spec: &Spec) -> Result<Measured> {
    match spec.what {
        What::RawFetch => control::fetch(spec).await,
        What::RawPublish => control::publish(spec).await,
        What::RawAppend | What::RawRelay => control::append(spec).await,
        What::RawPlain | What::RawSame | What::RawInbox => control::batches(spec).await,
        What::RawEach => control::each(spec).await,
        What::RawCommit => control::single_calls(spec).await,
        What::RawLatency => control::paced(spec).await,
        What::RawCommits => control::joint_calls(spec).await,
        What::RawOrders => control::pipeline(spec).await,
        What::Reading => reading::port(spec).await,
        What::Repeats => reading::repeats(spec).await,
        What::Batch | What::Each | What::Foreign => totals::consume(spec).await,
        What::Relay => publishing::relay(spec).await,
        What::Publishing => publishing::lists(spec).await,
        What::Calls | What::Refusals => calls::over_grpc(spec).await,
        What::Orders => orders::flood(spec).await,
        What::OrderLatency => orders::at_a_rate(spec).await,
        What::EventLatency => latency::measure(spec).await,
        What::Replay => replay::measure(spec).await,
    }
}
