//! The port: one message, one key, one call.

use std::sync::Arc;

use futures::future::BoxFuture;

use crate::domain::{Channel, Recipient};

/// A message as it goes out.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    pub to: Recipient,
    /// One line; empty on channels without titles.
    pub title: String,
    pub body: String,
    /// An emoji or the address of a picture; may be empty.
    pub icon: String,
    /// The type of event it is about, e.g. `order.confirmed`.
    pub about: String,
    /// What programs get beside the text.
    pub data: serde_json::Value,
    /// When it was asked for, microseconds since 1970 UTC: the same on every attempt.
    pub at_us: i64,
}

/// Why a message did not leave.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// Later it may; it may also have left, so the key must be the same then.
    #[error("{0}")]
    Transient(String),
    /// It never will.
    #[error("{0}")]
    Permanent(String),
}

/// A way out. The key stands for one message for ever; how far the other side makes use of it, each sender says.
pub trait Sender: Send + Sync {
    /// Sends it.
    fn send<'a>(&'a self, idempotency_key: &'a str, message: &'a Message) -> BoxFuture<'a, Result<(), SendError>>;
}

/// One sender for each channel.
#[derive(Clone)]
pub struct Senders {
    pub email: Arc<dyn Sender>,
    pub sms: Arc<dyn Sender>,
    pub push: Arc<dyn Sender>,
    pub webhook: Arc<dyn Sender>,
}

impl Sender for Senders {
    fn send<'a>(&'a self, idempotency_key: &'a str, message: &'a Message) -> BoxFuture<'a, Result<(), SendError>> {
        let sender = match message.to.channel {
            Channel::Email => &self.email,
            Channel::Sms => &self.sms,
            Channel::Push => &self.push,
            Channel::Webhook => &self.webhook,
        };
        sender.send(idempotency_key, message)
    }
}
