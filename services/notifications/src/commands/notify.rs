//! Tells people things: where everything that sends a message ends, whoever asked.

use std::collections::{BTreeMap, BTreeSet};

use contracts_notifications::v1::NotificationFailed;
use delivery::{Planned, intend_all};
use messaging::{Cause, Envelope, follow_on};
use store::{StoreError, Work};
use uuid::Uuid;

use crate::domain::{Ask, Channel, Fate, Notification, Status};
use crate::outside::{Deliver, Email, Parcel, Push, Sms, Way, Webhook, count};
use crate::templates::Templates;
use crate::{store as rows, wire};

/// What is needed to tell somebody something.
pub struct Notify {
    pub templates: Templates,
    /// Where messages to programs go that name no URL; empty: nowhere.
    pub webhook_url: String,
}

/// The id of the message that a template makes of an event on a channel: the same again is the same message. It begins with the event's time.
pub fn named(cause: &Envelope, channel: Channel, template: &str) -> String {
    let hash = Uuid::new_v5(&NOTIFICATION, format!("{}/{channel}/{template}", cause.id).as_bytes());
    follow_on::dated(hash, u64::try_from(cause.time_us / 1_000).unwrap_or_default())
}

/// The namespace of notification ids.
const NOTIFICATION: Uuid = Uuid::from_u128(0x2f0b_7d64_9c1e_5a83_b6d2_40e7_8f95_1ca6);

impl Notify {
    /// Decides on each, and writes down what became of it: sent in the background, suppressed, or failed at once. A few statements for all
    /// of them. Answers what is known now, in the order given.
    pub async fn tell(&self, work: &mut Work, mut asks: Vec<(Ask, Cause)>) -> Result<Vec<Notification>, StoreError> {
        if asks.is_empty() {
            return Ok(Vec::new());
        }
        for (ask, _) in &mut asks {
            if ask.channel == Channel::Webhook && ask.to.is_empty() {
                ask.to.clone_from(&self.webhook_url);
            }
        }
        let users: BTreeSet<&str> = asks.iter().map(|(ask, _)| ask.user_id.as_str()).filter(|user| !user.is_empty()).collect();
        let known = rows::of_users(work, &users).await?;
        let fates: Vec<Fate> = asks.iter().map(|(ask, _)| ask.decide(known.get(&ask.user_id), &self.templates)).collect();
        let now = work.now_us();
        let notifications: Vec<_> = asks.iter().zip(&fates).map(|((ask, cause), fate)| row(ask, cause, fate, now)).collect();
        let mut new = rows::add(work, &notifications).await?;

        let mut parcels: BTreeMap<Channel, Vec<Planned<Parcel>>> = BTreeMap::new();
        for (((ask, cause), fate), notification) in asks.into_iter().zip(fates).zip(&notifications) {
            // The same twice in one batch is one.
            if !new.remove(&notification.id) {
                continue;
            }
            match fate {
                Fate::Send(recipient, text) => {
                    let call = Parcel {
                        address: recipient.address,
                        locale: text.locale,
                        title: text.title,
                        body: text.body,
                        icon: text.icon,
                        about: ask.about,
                        data: if ask.channel == Channel::Webhook { (*ask.data).clone() } else { serde_json::Value::Null },
                        at_us: now,
                        template: ask.template,
                        user_id: ask.user_id,
                        order_id: ask.order_id,
                        cause_type: ask.cause_type,
                    };
                    parcels.entry(ask.channel).or_default().push(Planned { id: ask.id, key: ask.lane, call, cause });
                }
                Fate::Drop { status: Status::Failed, .. } => {
                    work.emit(&cause, &failed(notification));
                    count(notification.channel, "failed");
                }
                Fate::Drop { .. } => count(notification.channel, "suppressed"),
            }
        }
        for (channel, parcels) in parcels {
            match channel {
                Channel::Email => intend::<Email>(work, &parcels).await?,
                Channel::Sms => intend::<Sms>(work, &parcels).await?,
                Channel::Push => intend::<Push>(work, &parcels).await?,
                Channel::Webhook => intend::<Webhook>(work, &parcels).await?,
            }
        }
        Ok(notifications)
    }
}

async fn intend<W: Way>(work: &mut Work, parcels: &[Planned<Parcel>]) -> Result<(), StoreError> {
    intend_all::<Deliver<W>>(work, parcels).await
}

fn row(ask: &Ask, cause: &Cause, fate: &Fate, now_us: i64) -> Notification {
    let mut notification = Notification {
        id: ask.id.clone(),
        user_id: ask.user_id.clone(),
        channel: ask.channel,
        template: ask.template.clone(),
        recipient: String::new(),
        status: Status::Pending,
        attempts: 0,
        error: String::new(),
        order_id: ask.order_id.clone(),
        correlation_id: cause.correlation_id.clone(),
        cause_id: ask.cause_id.clone(),
        cause_type: ask.cause_type.clone(),
        title: ask.title.clone(),
        message: ask.message.clone(),
        locale: ask.locale.clone(),
        created_at_us: now_us,
        sent_at_us: 0,
    };
    match fate {
        Fate::Send(recipient, text) => {
            notification.recipient = recipient.masked();
            notification.title.clone_from(&text.title);
            notification.message.clone_from(&text.body);
            notification.locale.clone_from(&text.locale);
        }
        Fate::Drop { status, error, masked } => {
            notification.status = *status;
            notification.error.clone_from(error);
            notification.recipient.clone_from(masked);
        }
    }
    notification
}

fn failed(notification: &Notification) -> NotificationFailed {
    NotificationFailed {
        notification_id: notification.id.clone(),
        channel: wire::channel(notification.channel).into(),
        template: notification.template.clone(),
        recipient: notification.recipient.clone(),
        attempts: 0,
        cause: notification.cause_id.clone(),
        cause_type: notification.cause_type.clone(),
        error: notification.error.clone(),
        user_id: notification.user_id.clone(),
        order_id: notification.order_id.clone(),
    }
}
