//! How a person is reached and where they want quiet.

use std::collections::BTreeSet;

/// How a message travels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Channel {
    /// To a mail address.
    #[default]
    Email,
    /// To a phone.
    Sms,
    /// To a device.
    Push,
    /// To a program, at a URL.
    Webhook,
}

impl Channel {
    /// All of them.
    pub const ALL: [Channel; 4] = [Channel::Email, Channel::Sms, Channel::Push, Channel::Webhook];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Sms => "sms",
            Self::Push => "push",
            Self::Webhook => "webhook",
        }
    }

    /// The channel of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.as_str() == name)
    }
}

impl std::fmt::Display for Channel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How a person is reached; empty texts are absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contact {
    pub email: String,
    /// With country code.
    pub phone: String,
    /// Where push messages go.
    pub device_token: String,
    /// BCP 47: `en`, `zh-CN`.
    pub locale: String,
}

impl Contact {
    /// The address on a channel; empty where there is none. A webhook's URL is nobody's contact: it must be named.
    pub fn address(&self, channel: Channel) -> &str {
        match channel {
            Channel::Email => &self.email,
            Channel::Sms => &self.phone,
            Channel::Push => &self.device_token,
            Channel::Webhook => "",
        }
    }
}

/// What a user wants.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preferences {
    pub contact: Contact,
    /// On these channels nothing is sent.
    pub quiet: BTreeSet<Channel>,
}
