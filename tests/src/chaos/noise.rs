//! What other people do on the broker: the same bytes once more under another message id, garbage, events that are in nobody's log.

use std::time::Duration;

use async_nats::{Client, HeaderMap, Message};
use futures::StreamExt as _;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::Plan;
use super::traffic::{Shared, lock};

/// The broker's own header for telling repeats; ours differ in it.
const MESSAGE_ID: &str = "Nats-Msg-Id";
/// Begins the message ids made here.
const MARK: &str = "chaos-";

/// Running noise.
pub(super) struct Noise {
    stop: CancellationToken,
    sending: JoinHandle<Sent>,
}

/// How many messages.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sent {
    /// Seen on its way into the streams, ours left out.
    pub(super) seen: u64,
    pub(super) duplicates: u64,
    pub(super) malformed: u64,
}

impl Noise {
    /// Begins, on a connection of its own that no fault cuts but those of the broker.
    pub(super) async fn start(plan: &Plan, url: &str, ledger: Shared) -> Self {
        let client = async_nats::ConnectOptions::new().retry_on_initial_connect().connect(url).await.expect("an address");
        let stop = CancellationToken::new();
        let sending = tokio::spawn(send(client, fastrand::Rng::with_seed(plan.seed ^ 0x0153), ledger, stop.clone()));
        Self { stop, sending }
    }

    /// Silence; how many it were.
    pub(super) async fn stop(self) -> Sent {
        self.stop.cancel();
        self.sending.await.expect("the noise")
    }
}

async fn send(client: Client, mut chance: fastrand::Rng, ledger: Shared, stop: CancellationToken) -> Sent {
    let events = client.subscribe("events.>").await.expect("a subscription");
    let commands = client.subscribe("commands.>").await.expect("a subscription");
    let mut seen = futures::stream::select(events, commands);
    let mut turn = tokio::time::interval(Duration::from_millis(700));
    let (mut sent, mut number) = (Sent::default(), 0_u64);
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            _ = turn.tick() => {
                number += 1;
                let key = lock(&ledger).accepted.last().cloned().unwrap_or_default();
                malformed(&client, &mut chance, &key, number).await;
                sent.malformed += 1;
            }
            Some(message) = seen.next() => {
                // One in twenty, up to three seconds late.
                sent.seen += u64::from(is_original(&message));
                if is_original(&message) && chance.u32(0..20) == 0 {
                    number += 1;
                    sent.duplicates += 1;
                    tokio::spawn(again(client.clone(), message, Duration::from_millis(chance.u64(0..3_000)), number));
                }
            }
        }
    }
    sent
}

/// Written by a relay, not by us.
fn is_original(message: &Message) -> bool {
    let Some(headers) = &message.headers else { return false };
    let ours = headers.get(MESSAGE_ID).is_some_and(|id| id.as_str().starts_with(MARK));
    headers.get("ce-position").is_some() && !ours
}

/// The same subject, headers and bytes; only what the broker itself reads is left out.
async fn again(client: Client, message: Message, after: Duration, number: u64) {
    let mut headers = HeaderMap::new();
    for (name, values) in message.headers.iter().flat_map(HeaderMap::iter) {
        let name: &str = name.as_ref();
        if !name.to_ascii_lowercase().starts_with("nats-") {
            values.iter().for_each(|value| headers.append(name, value.as_str()));
        }
    }
    headers.insert(MESSAGE_ID, format!("{MARK}{number}").as_str());
    tokio::time::sleep(after).await;
    // Without an acknowledgement: whether the broker is there just now is chance, too.
    let _ = client.publish_with_headers(message.subject, headers, message.payload).await;
}

/// One malformed or foreign message, mostly under the key of a live order.
async fn malformed(client: &Client, chance: &mut fastrand::Rng, key: &str, number: u64) {
    let garbage: Vec<u8> = (0..chance.usize(0..300)).map(|_| chance.u8(..)).collect();
    let mut headers = HeaderMap::new();
    headers.insert(MESSAGE_ID, format!("{MARK}{number}").as_str());
    let (subject, body) = match chance.u32(0..7) {
        0 => (format!("events.order.placed.{key}"), garbage),
        1 => {
            headers.insert("ce-id", format!("{MARK}{number}").as_str());
            headers.insert("ce-type", "order.placed");
            headers.insert("ce-position", "minus one");
            (format!("events.order.placed.{key}"), garbage)
        }
        2 => (format!("events.payment.completed.{key}"), format!(r#"{{"order_id":"{key}"}}"#).into_bytes()),
        3 => (format!("events.nobody.knows.{key}"), garbage),
        4 => (format!("commands.inventory.reserve.{key}"), garbage),
        5 => (format!("ingest.payment.completed.{key}"), format!(r#"{{"order_id":"{key}"}}"#).into_bytes()),
        _ => ("commands.inventory.restock.whole-milk".to_owned(), br#"{"product_id":"whole-milk","quantity":"many"}"#.to_vec()),
    };
    let _ = client.publish_with_headers(subject, headers, body.into()).await;
}
