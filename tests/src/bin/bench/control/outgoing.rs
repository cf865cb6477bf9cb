//! Publishing by hand: follow-ons as complete CloudEvents, many in flight, every acknowledgement awaited.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use anyhow::Result;
use async_nats::HeaderMap;
use async_nats::jetstream::Context;
use async_nats::jetstream::context::PublishAckFuture;
use async_nats::jetstream::message::PublishMessage;
use bytes::Bytes;
use contracts::Contract;
use contracts::orders::v1::OrderStatusUpdated;
use messaging::headers::rfc3339;
use messaging::partition_of;
use prost::Message as _;
use tokio::sync::mpsc;
use uuid::Uuid;

use super::intake::Event;
use super::postgres::Numbers;
use crate::node::SERVICE;
use crate::{input, totals};

/// Publishes on their way at once.
const WINDOW: usize = 1_024;

/// What an event is, and whose.
#[derive(Debug)]
pub(super) struct Sort {
    pub(super) type_: &'static str,
    pub(super) schema: &'static str,
    pub(super) aggregate: &'static str,
    pub(super) source: &'static str,
    pub(super) stream: &'static str,
}

impl Sort {
    pub(super) const fn of<E: Contract>(source: &'static str, stream: &'static str) -> Self {
        Self { type_: E::TYPE, schema: E::SCHEMA, aggregate: E::AGGREGATE, source, stream }
    }
}

pub(super) static STATUS: Sort = Sort::of::<OrderStatusUpdated>(SERVICE, input::OUTPUT);

/// An event that follows from another one.
#[derive(Clone, Debug)]
pub(super) struct FollowOn {
    pub(super) sort: &'static Sort,
    pub(super) id: String,
    pub(super) key: String,
    pub(super) partition: u32,
    pub(super) position: i64,
    pub(super) version: i64,
    pub(super) seq: i64,
    pub(super) time_us: i64,
    pub(super) correlation: String,
    pub(super) causation: String,
    pub(super) traceparent: String,
    pub(super) payload: Bytes,
}

impl FollowOn {
    pub(super) fn of(event: &Event) -> Self {
        let id = Uuid::new_v5(&Uuid::NAMESPACE_OID, event.id.as_bytes()).to_string();
        Self::new(event, &STATUS, id, &event.key, totals::follow_on(&event.key).encode_to_vec().into())
    }

    pub(super) fn new(event: &Event, sort: &'static Sort, id: String, key: &str, payload: Bytes) -> Self {
        Self {
            sort,
            id,
            key: key.to_owned(),
            partition: partition_of(key),
            position: 0,
            version: 0,
            seq: 0,
            time_us: 1_700_000_000_000_000,
            correlation: event.correlation.clone(),
            causation: event.id.clone(),
            traceparent: event.traceparent.clone(),
            payload,
        }
    }

    pub(super) fn subject(&self) -> String {
        format!("events.{}.{}", self.sort.type_, self.key)
    }

    fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert("Nats-Msg-Id", self.id.as_str());
        headers.insert("ce-specversion", "1.0");
        headers.insert("ce-id", self.id.as_str());
        headers.insert("ce-type", self.sort.type_);
        headers.insert("ce-source", self.sort.source);
        headers.insert("ce-subject", self.key.as_str());
        headers.insert("ce-time", rfc3339(self.time_us).as_str());
        headers.insert("ce-dataschema", self.sort.schema);
        headers.insert("ce-datacontenttype", messaging::PROTOBUF);
        headers.insert("ce-correlationid", self.correlation.as_str());
        headers.insert("ce-causationid", self.causation.as_str());
        headers.insert("ce-aggregatetype", self.sort.aggregate);
        headers.insert("ce-sequence", self.version.to_string().as_str());
        headers.insert("ce-position", self.position.to_string().as_str());
        headers.insert("traceparent", self.traceparent.as_str());
        headers
    }
}

/// Publishes in order.
pub(super) struct Relay {
    context: Context,
    in_flight: VecDeque<(String, PublishAckFuture)>,
    /// Ids that the broker has, for the next transaction to delete.
    pub(super) sent: Arc<Mutex<Vec<String>>>,
}

impl Relay {
    pub(super) fn new(context: Context) -> Self {
        Self { context, in_flight: VecDeque::new(), sent: Arc::default() }
    }

    pub(super) async fn send(&mut self, row: FollowOn) -> Result<()> {
        let message = PublishMessage::build().payload(row.payload.clone()).headers(row.headers());
        let ack = self.context.send_publish(row.subject(), message).await?;
        self.in_flight.push_back((row.id, ack));
        self.settle(WINDOW).await
    }

    /// Waits until so few are on their way.
    pub(super) async fn settle(&mut self, left: usize) -> Result<()> {
        while self.in_flight.len() > left
            && let Some((id, ack)) = self.in_flight.pop_front()
        {
            ack.await?;
            self.sent.lock().expect("the ids").push(id);
        }
        Ok(())
    }

    /// Publishes what comes, until nothing comes any more and all of it is acknowledged. `remembers` = somebody deletes what was sent.
    pub(super) async fn run(
        mut self,
        mut rows: mpsc::Receiver<Vec<FollowOn>>,
        mut numbers: Option<Numbers>,
        remembers: bool,
    ) -> Result<()> {
        while let Some(mut batch) = rows.recv().await {
            if let Some(numbers) = &mut numbers {
                numbers.number(&mut batch).await?;
            }
            for row in batch {
                self.send(row).await?;
            }
            if !remembers {
                self.sent.lock().expect("the ids").clear();
            }
        }
        self.settle(0).await
    }
}
