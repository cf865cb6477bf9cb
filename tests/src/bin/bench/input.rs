//! The stream that every consuming loop reads: events of one service's log as its relay would have published them, one in twenty twice.

use std::collections::{HashMap, VecDeque};

use anyhow::{Context as _, Result};
use async_nats::HeaderMap;
use async_nats::jetstream::Context;
use async_nats::jetstream::context::PublishAckFuture;
use async_nats::jetstream::message::PublishMessage;
use contracts::inventory::v1::StockRestocked;
use contracts::{Contract, Kind};
use messaging::{ALL_EVENTS, Broker as _, Envelope, PROTOBUF, StreamSpec, headers, partition_of};
use prost::{Message as _, Name as _};
use telemetry::TraceContext;

/// What the events are from, and what is in them.
pub(crate) const SOURCE: &str = "inventory";
/// Where they are.
pub(crate) const STREAM: &str = "EVENTS_INVENTORY";
/// Where the follow-ons go.
pub(crate) const OUTPUT: &str = "EVENTS_ORDER";
/// One event in this many is in the stream twice.
const REPEATED: u64 = 20;
/// Publishes on their way at once.
const WINDOW: usize = 2_048;

/// The `n`-th event. Amounts are 1 to 9.
pub(crate) fn event(n: u64, keys: u64) -> StockRestocked {
    let key = n.wrapping_mul(0x9e37_79b9_7f4a_7c15) % keys;
    StockRestocked { product_id: format!("product-{key}"), quantity: amount(n), stock: amount(n), ..StockRestocked::default() }
}

fn amount(n: u64) -> i64 {
    i64::try_from(n % 9).unwrap_or(0) + 1
}

/// The sum of the first `events` amounts: what the effects must come to.
pub(crate) fn expected_total(events: u64) -> i64 {
    (0..events).map(amount).sum()
}

/// As a publisher makes them: UUIDs of version 7, twenty in a millisecond, in no order within it.
fn id(n: u64) -> uuid::Uuid {
    let random = n.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut bytes = [0; 10];
    bytes[..8].copy_from_slice(&random.to_be_bytes());
    uuid::Builder::from_unix_timestamp_millis(1_700_000_000_000 + n / 20, &bytes).into_uuid()
}

/// One in a hundred is recorded.
fn trace(n: u64) -> TraceContext {
    let flag = if n.is_multiple_of(100) { "01" } else { "00" };
    TraceContext { traceparent: format!("00-{:032x}-{:016x}-{flag}", n + 1, n + 1), tracestate: String::new() }
}

/// Numbers events as a log does.
#[derive(Default)]
pub(crate) struct Numbers {
    versions: HashMap<String, u64>,
    positions: HashMap<u32, u64>,
}

impl Numbers {
    /// The `n`-th event with all that its owner says of it.
    pub(crate) fn envelope(&mut self, n: u64, keys: u64) -> Envelope {
        let event = event(n, keys);
        let key = event.product_id.clone();
        let sequence = self.versions.entry(key.clone()).or_default();
        let position = self.positions.entry(partition_of(&key)).or_default();
        *sequence += 1;
        *position += 1;
        Envelope {
            id: id(n).to_string(),
            type_: StockRestocked::TYPE.to_owned(),
            kind: Kind::Event,
            source: SOURCE.to_owned(),
            aggregate_type: StockRestocked::AGGREGATE.to_owned(),
            time_us: 1_700_000_000_000_000 + i64::try_from(n).unwrap_or(0),
            schema: StockRestocked::full_name(),
            content_type: PROTOBUF.to_owned(),
            correlation_id: format!("conversation-{n}"),
            causation_id: String::new(),
            sequence: *sequence,
            position: *position,
            trace: trace(n),
            extensions: Default::default(),
            payload: event.encode_to_vec().into(),
            key,
        }
    }
}

/// Makes a stream as the system would, empty.
pub(crate) async fn empty_stream(context: &Context, url: &str, name: &str) -> Result<()> {
    let _ = context.delete_stream(name).await;
    // Left by a loop that failed, it would take part in this one.
    let _ = context.delete_stream(ALL_EVENTS).await;
    let domain = name.trim_start_matches("EVENTS_").to_lowercase();
    let broker = messaging_nats::NatsBroker::connect(messaging_nats::Options::new(url, "bench")).await?;
    broker.ensure(&StreamSpec::events(&domain)).await.context("a stream")?;
    Ok(())
}

/// Fills the input stream anew.
pub(crate) async fn fill(url: &str, events: u64, keys: u64) -> Result<()> {
    let client = async_nats::connect(url).await?;
    let context = async_nats::jetstream::new(client);
    empty_stream(&context, url, STREAM).await?;
    let (mut numbers, mut acks) = (Numbers::default(), VecDeque::new());
    for n in 0..events {
        let envelope = numbers.envelope(n, keys);
        publish(&context, &envelope, &envelope.id, &mut acks).await?;
        if n.is_multiple_of(REPEATED) {
            publish(&context, &envelope, &format!("{}/again", envelope.id), &mut acks).await?;
        }
    }
    for ack in acks {
        ack.await?;
    }
    Ok(())
}

/// Publishes, and waits for the oldest acknowledgement when too many are out.
pub(crate) async fn publish(context: &Context, envelope: &Envelope, message_id: &str, acks: &mut VecDeque<PublishAckFuture>) -> Result<()> {
    let mut wire = HeaderMap::new();
    for (name, value) in headers::write(envelope) {
        wire.append(name.as_ref(), value.as_str());
    }
    wire.insert("Nats-Msg-Id", message_id);
    let message = PublishMessage::build().payload(envelope.payload.clone()).headers(wire);
    acks.push_back(context.send_publish(envelope.subject(), message).await?);
    if acks.len() >= WINDOW
        && let Some(oldest) = acks.pop_front()
    {
        oldest.await?;
    }
    Ok(())
}
