//! Between what travels and what the domain speaks of. Wire types stop here.

use catalogue::types::v1 as types;
use contracts_notifications::v1 as wire;
use messaging::headers;

use crate::domain::{Channel, Contact, Fault, Notification, Preferences, Status, Wanted};

/// A channel as it travels.
pub fn channel(channel: Channel) -> wire::Channel {
    match channel {
        Channel::Email => wire::Channel::Email,
        Channel::Sms => wire::Channel::Sms,
        Channel::Push => wire::Channel::Push,
        Channel::Webhook => wire::Channel::Webhook,
    }
}

/// A channel that came; none where nothing was said.
pub fn channel_asked(number: i32) -> Result<Option<Channel>, Fault> {
    let fault = |_| Fault { field: "channel", description: format!("{number} is none") };
    Ok(match wire::Channel::try_from(number).map_err(fault)? {
        wire::Channel::Unspecified => None,
        wire::Channel::Email => Some(Channel::Email),
        wire::Channel::Sms => Some(Channel::Sms),
        wire::Channel::Push => Some(Channel::Push),
        wire::Channel::Webhook => Some(Channel::Webhook),
    })
}

fn status(status: Status) -> wire::NotificationStatus {
    match status {
        Status::Pending => wire::NotificationStatus::Pending,
        Status::Sent => wire::NotificationStatus::Sent,
        Status::Failed => wire::NotificationStatus::Failed,
        Status::Suppressed => wire::NotificationStatus::Suppressed,
    }
}

/// A status that came; none where nothing was said.
pub fn status_asked(number: i32) -> Result<Option<Status>, Fault> {
    let fault = |_| Fault { field: "status", description: format!("{number} is none") };
    Ok(match wire::NotificationStatus::try_from(number).map_err(fault)? {
        wire::NotificationStatus::Unspecified => None,
        wire::NotificationStatus::Pending => Some(Status::Pending),
        wire::NotificationStatus::Sent => Some(Status::Sent),
        wire::NotificationStatus::Failed => Some(Status::Failed),
        wire::NotificationStatus::Suppressed => Some(Status::Suppressed),
    })
}

/// A contact that came.
pub fn contact(contact: types::Contact) -> Contact {
    let types::Contact { email, phone, locale, device_token } = contact;
    Contact { email, phone, device_token, locale }
}

/// What somebody wants, once for each way of saying it.
macro_rules! wanted {
    ($($message:ident { $($field:ident: $value:expr),* })*) => {
        $(impl TryFrom<wire::$message> for Wanted {
            type Error = Fault;

            fn try_from(message: wire::$message) -> Result<Self, Fault> {
                $(let $field = ($value)(&message);)*
                Ok(Wanted {
                    channel: channel_asked(message.channel)?,
                    user_id: message.user_id,
                    to: message.to,
                    template: message.template,
                    about: message.r#type,
                    title: message.title,
                    message: message.message,
                    icon: message.icon,
                    data: message.data,
                    $($field,)*
                    ..Wanted::default()
                })
            }
        })*
    };
}

wanted! {
    SendMessage { contact: |it: &wire::SendMessage| it.contact.clone().map(contact) }
    NotificationRequested { contact: |it: &wire::NotificationRequested| it.contact.clone().map(contact) }
    SendNotificationRequest { locale: |it: &wire::SendNotificationRequest| it.locale.clone() }
}

/// A notification as it is shown.
pub fn notification(it: Notification) -> wire::Notification {
    wire::Notification {
        notification_id: it.id,
        user_id: it.user_id,
        channel: channel(it.channel).into(),
        template: it.template,
        recipient: it.recipient,
        status: status(it.status).into(),
        attempts: it.attempts,
        error: it.error,
        order_id: it.order_id,
        correlation_id: it.correlation_id,
        cause_id: it.cause_id,
        cause_type: it.cause_type,
        title: it.title,
        message: it.message,
        locale: it.locale,
        created_at: Some(headers::timestamp(it.created_at_us)),
        sent_at: (it.sent_at_us > 0).then(|| headers::timestamp(it.sent_at_us)),
    }
}

/// Preferences as they are shown; `updated_at_us` is 0 where nobody ever set any.
pub fn preferences(user_id: &str, it: &Preferences, updated_at_us: i64) -> wire::Preferences {
    let Contact { email, phone, device_token, locale } = it.contact.clone();
    wire::Preferences {
        user_id: user_id.to_owned(),
        contact: Some(types::Contact { email, phone, locale, device_token }),
        quiet_channels: it.quiet.iter().map(|quiet| channel(*quiet).into()).collect(),
        updated_at: (updated_at_us > 0).then(|| headers::timestamp(updated_at_us)),
    }
}
