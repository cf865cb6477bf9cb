//! Reading by hand: a durable pull consumer, and what of each message the job needs.

use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use async_nats::jetstream::consumer::pull::{self, Stream};
use async_nats::jetstream::consumer::{AckPolicy, DeliverPolicy};
use async_nats::jetstream::{self, Context, Message};
use contracts::inventory::v1::StockRestocked;
use futures::StreamExt as _;
use prost::Message as _;

use crate::input;
use crate::spec::Spec;

/// How messages are acknowledged.
#[derive(Clone, Copy)]
pub(super) enum Acks {
    /// Every one.
    Each,
    /// The last of a batch for all before it.
    All,
}

/// An open reader.
pub(super) struct Intake {
    messages: Stream,
    /// What the stream holds, repeats included.
    pub(super) stored: u64,
}

impl Intake {
    pub(super) async fn open(spec: &Spec, acks: Acks) -> Result<Self> {
        let context = jetstream::new(async_nats::connect(&spec.nats).await?);
        Self::of(&context, input::STREAM, &format!("control-{}", std::process::id()), &[], spec.batch, acks).await
    }

    /// `types` = which events; none = all.
    pub(super) async fn of(context: &Context, stream: &str, name: &str, types: &[&str], batch: usize, acks: Acks) -> Result<Self> {
        let stream = context.get_stream(stream).await?;
        let stored = stream.cached_info().state.messages;
        let config = pull::Config {
            durable_name: Some(name.to_owned()),
            filter_subjects: types.iter().map(|type_| format!("events.{type_}.*")).collect(),
            deliver_policy: DeliverPolicy::All,
            ack_policy: match acks {
                Acks::Each => AckPolicy::Explicit,
                Acks::All => AckPolicy::All,
            },
            ack_wait: Duration::from_secs(30),
            max_ack_pending: 20_000,
            ..pull::Config::default()
        };
        let consumer = stream.create_consumer(config).await?;
        let messages = consumer.stream().max_messages_per_batch(batch * 2).heartbeat(Duration::from_secs(2)).messages().await?;
        Ok(Self { messages, stored })
    }

    /// Waits for a message, then takes what is there, outside of tokio's budget, which would end near 128.
    pub(super) async fn take(&mut self, max: usize) -> Result<Vec<Message>> {
        let mut batch = vec![self.messages.next().await.context("the stream ended")??];
        tokio::task::unconstrained(poll_fn(|cx| {
            while batch.len() < max {
                match self.messages.poll_next_unpin(cx) {
                    Poll::Ready(Some(message)) => batch.push(message?),
                    _ => break,
                }
            }
            Poll::Ready(anyhow::Ok(()))
        }))
        .await?;
        Ok(batch)
    }
}

/// What the job needs of a message.
#[derive(Clone, Debug)]
pub(super) struct Event {
    pub(super) id: String,
    pub(super) key: String,
    pub(super) partition: u32,
    pub(super) position: u64,
    pub(super) amount: i64,
    pub(super) correlation: String,
    pub(super) traceparent: String,
}

impl Event {
    pub(super) fn read(message: &Message) -> Result<Self> {
        Self::with_amount(message, StockRestocked::decode(message.payload.clone())?.quantity)
    }

    pub(super) fn with_amount(message: &Message, amount: i64) -> Result<Self> {
        let headers = message.headers.as_ref().context("headers")?;
        let text = |name: &str| headers.get(name).map(|value| value.as_str().to_owned()).ok_or_else(|| anyhow!("header {name}"));
        Ok(Self {
            id: text("ce-id")?,
            key: text("ce-subject")?,
            partition: message.subject.rsplit('.').next().context("a partition")?.parse()?,
            position: text("ce-position")?.parse()?,
            amount,
            correlation: text("ce-correlationid")?,
            traceparent: text("traceparent")?,
        })
    }
}
