//! One message to one person, and where it stands.

use super::Channel;

/// Where a notification stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// On its way.
    Pending,
    /// It left the house.
    Sent,
    /// It never will.
    Failed,
    /// The user wants quiet on this channel.
    Suppressed,
}

impl Status {
    const ALL: [Status; 4] = [Status::Pending, Status::Sent, Status::Failed, Status::Suppressed];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Suppressed => "suppressed",
        }
    }

    /// The status of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == name)
    }
}

/// What is known of a message. Times are microseconds since 1970 UTC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    pub id: String,
    /// Empty where only an address was named.
    pub user_id: String,
    pub channel: Channel,
    /// Empty where title and message were given.
    pub template: String,
    /// Masked; empty where there is none.
    pub recipient: String,
    pub status: Status,
    pub attempts: u32,
    /// Empty when all is well.
    pub error: String,
    /// Empty where it is about no order.
    pub order_id: String,
    pub correlation_id: String,
    /// The id of the event or command behind it; empty for a call.
    pub cause_id: String,
    pub cause_type: String,
    pub title: String,
    pub message: String,
    pub locale: String,
    pub created_at_us: i64,
    /// 0: not yet.
    pub sent_at_us: i64,
}
