//! The calls to the outside world: one kind of intent for each channel, so that a slow mail server holds up nothing but mail.

use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::sync::Arc;

use contracts_notifications::v1::{NotificationFailed, NotificationSent};
use delivery::{Intent, IntentHandler};
use messaging::{Done, Failure, Outcome, headers};
use serde::{Deserialize, Serialize};
use store::Work;

use super::{Message, SendError, Sender};
use crate::domain::{Channel, Recipient};
use crate::{store as rows, wire};

/// Messages written down as sent in one unit of work.
const TOGETHER: usize = 256;

/// A channel as a type.
pub trait Way: Send + Sync + 'static {
    /// Which.
    const CHANNEL: Channel;
    /// Its intents' name.
    const KIND: &'static str;
}

macro_rules! ways {
    ($($(#[$doc:meta])* $way:ident: $kind:literal),* $(,)?) => {
        $(
            $(#[$doc])*
            pub struct $way;

            impl Way for $way {
                const CHANNEL: Channel = Channel::$way;
                const KIND: &'static str = $kind;
            }
        )*
    };
}

ways! {
    /// To mail addresses.
    Email: "email",
    /// To phones.
    Sms: "sms",
    /// To devices.
    Push: "push",
    /// To programs.
    Webhook: "webhook",
}

/// A message on its way, with what is said of it afterwards.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Parcel {
    pub address: String,
    pub locale: String,
    pub title: String,
    pub body: String,
    pub icon: String,
    /// The type of event it is about.
    pub about: String,
    /// For programs only.
    pub data: serde_json::Value,
    /// When it was asked for, microseconds since 1970 UTC.
    pub at_us: i64,
    pub template: String,
    pub user_id: String,
    pub order_id: String,
    pub cause_type: String,
}

impl Parcel {
    fn to(&self, channel: Channel) -> Recipient {
        Recipient { channel, address: self.address.clone(), locale: self.locale.clone() }
    }
}

/// Sends what goes one way. The notification's id is the idempotency key: an attempt that may have gone through is made again under it, since
/// none of the other sides can be asked.
pub struct Deliver<W> {
    sender: Arc<dyn Sender>,
    way: PhantomData<W>,
}

impl<W: Way> Deliver<W> {
    /// By this sender.
    pub fn by(sender: &Arc<dyn Sender>) -> Self {
        Self { sender: sender.clone(), way: PhantomData }
    }
}

impl<W: Way> IntentHandler for Deliver<W> {
    type Call = Parcel;
    type Answer = ();
    const KIND: &'static str = W::KIND;

    async fn call(&self, intent: &Intent<Parcel>) -> Result<(), Failure> {
        let parcel = &intent.call;
        let message = Message {
            to: parcel.to(W::CHANNEL),
            title: parcel.title.clone(),
            body: parcel.body.clone(),
            icon: parcel.icon.clone(),
            about: parcel.about.clone(),
            data: parcel.data.clone(),
            at_us: parcel.at_us,
        };
        self.sender.send(&intent.id, &message).await.map_err(|error| match error {
            SendError::Transient(error) => Failure::retry(error),
            SendError::Permanent(error) => Failure::dead(error),
        })
    }

    fn together(&self) -> usize {
        TOGETHER
    }

    async fn settle(&self, intent: &Intent<Parcel>, (): &(), work: &mut Work) -> Outcome {
        self.settle_all(&[(intent, &())], work).await
    }

    async fn settle_all(&self, settled: &[(&Intent<Parcel>, &())], work: &mut Work) -> Outcome {
        let mut by_attempt: BTreeMap<u32, Vec<&str>> = BTreeMap::new();
        for (intent, ()) in settled {
            by_attempt.entry(intent.attempt).or_default().push(&intent.id);
        }
        for (attempt, ids) in by_attempt {
            rows::sent(work, &ids, attempt).await?;
        }
        for (intent, ()) in settled {
            work.emit(&intent.cause, &sent::<W>(intent, work.now_us()));
            count(W::CHANNEL, "sent");
        }
        Ok(Done)
    }

    async fn give_up(&self, intent: &Intent<Parcel>, error: &str, work: &mut Work) -> Outcome {
        rows::failed(work, &intent.id, intent.attempt, error).await?;
        let parcel = &intent.call;
        work.emit(
            &intent.cause,
            &NotificationFailed {
                notification_id: intent.id.clone(),
                channel: wire::channel(W::CHANNEL).into(),
                template: parcel.template.clone(),
                recipient: parcel.to(W::CHANNEL).masked(),
                attempts: intent.attempt,
                cause: intent.cause.causation_id.clone(),
                cause_type: parcel.cause_type.clone(),
                error: error.to_owned(),
                user_id: parcel.user_id.clone(),
                order_id: parcel.order_id.clone(),
            },
        );
        count(W::CHANNEL, "failed");
        Ok(Done)
    }
}

fn sent<W: Way>(intent: &Intent<Parcel>, now_us: i64) -> NotificationSent {
    let parcel = &intent.call;
    NotificationSent {
        notification_id: intent.id.clone(),
        channel: wire::channel(W::CHANNEL).into(),
        template: parcel.template.clone(),
        recipient: parcel.to(W::CHANNEL).masked(),
        attempts: intent.attempt,
        cause: intent.cause.causation_id.clone(),
        cause_type: parcel.cause_type.clone(),
        user_id: parcel.user_id.clone(),
        order_id: parcel.order_id.clone(),
        sent_at: Some(headers::timestamp(now_us)),
    }
}

/// One more that ended so.
pub fn count(channel: Channel, outcome: &'static str) {
    metrics::counter!("ensue_notifications_total", "channel" => channel.as_str(), "outcome" => outcome).increment(1);
}
