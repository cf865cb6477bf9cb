//! Filling a gap from the owner's log: what the stream no longer gives, the store that made it does.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use catalogue::platform::v1 as platform;
use messaging::{Broker, BrokerError, Headers, Incoming};
use prost::Message as _;
use tokio::sync::mpsc;

use super::reached::Slot;
use crate::pause::Pause;

/// Messages from an owner's log, in order.
pub(crate) struct Page {
    pub(crate) slot: Slot,
    /// The position that was asked for.
    pub(crate) from: u64,
    pub(crate) messages: Vec<Incoming>,
}

/// How long an owner may take to answer.
const WAIT: Duration = Duration::from_secs(5);

/// Reads one page from `from` on, asking until the owner answers: while it is silent there is a warning, never a skip.
pub(crate) async fn page(broker: Arc<dyn Broker>, consumer: String, slot: Slot, from: u64, pages: mpsc::Sender<Page>) {
    let mut pause = Pause::new(Duration::from_millis(200), Duration::from_secs(5));
    loop {
        match read(broker.as_ref(), &slot, from).await {
            Ok(messages) => {
                // The consumer has stopped when nobody takes it.
                let _ = pages.send(Page { slot, from, messages }).await;
                return;
            }
            Err(error) => {
                tracing::warn!(consumer, source = slot.source, stream = slot.stream, partition = slot.partition, from, %error,
                    "a gap can't be filled yet: the owner of the log is silent");
                metrics::counter!("ensue_owner_silent_total", "consumer" => consumer.clone()).increment(1);
            }
        }
        tokio::select! {
            () = pause.wait() => {}
            () = pages.closed() => return,
        }
    }
}

async fn read(broker: &dyn Broker, slot: &Slot, from: u64) -> Result<Vec<Incoming>, BrokerError> {
    let request = platform::LogReadRequest { stream: slot.stream.clone(), partition: slot.partition, from_position: from, limit: 0 };
    let subject = format!("log.{}.read", slot.source);
    let answer = broker.request(&subject, request.encode_to_vec().into(), WAIT).await?;
    let answer = platform::LogReadResponse::decode(answer).map_err(|error| BrokerError::Refused(error.to_string()))?;
    if !answer.error.is_empty() {
        return Err(BrokerError::Refused(answer.error));
    }
    Ok(answer.records.into_iter().map(|record| incoming(record, slot.partition)).collect())
}

/// A record of a log in the form in which a stream would have given it.
fn incoming(record: platform::LogRecord, partition: u32) -> Incoming {
    let mut tokens: Vec<&str> = record.subject.splitn(4, '.').collect();
    let partition = partition.to_string();
    if let Some(key) = tokens.get_mut(3) {
        *key = &partition;
    }
    Incoming {
        subject: tokens.join("."),
        sequence: 0,
        stored_ns: 0,
        message_id: String::new(),
        headers: Arc::new(record.headers.into_iter().map(|header| (Cow::Owned(header.name), header.value)).collect::<Headers>()),
        payload: record.payload,
    }
}

/// The heads of every log that `source` writes: (stream, partition, position).
pub(crate) async fn heads(broker: &dyn Broker, source: &str) -> Result<Vec<(String, u32, u64)>, BrokerError> {
    let answer = broker.request(&format!("log.{source}.heads"), bytes::Bytes::new(), WAIT).await?;
    let answer = platform::LogHeadsResponse::decode(answer).map_err(|error| BrokerError::Refused(error.to_string()))?;
    if !answer.error.is_empty() {
        return Err(BrokerError::Refused(answer.error));
    }
    Ok(answer.heads.into_iter().map(|head| (head.stream, head.partition, head.position)).collect())
}
