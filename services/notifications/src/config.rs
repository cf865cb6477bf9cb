//! What can be set for notifications, and what is fixed.

use delivery::Policy;
use serde::{Deserialize, Serialize};
use service_host::config::{Found, Sections, Settings, is_url};

/// Files at a time: they cost nobody else anything.
const FILES: usize = 256;

/// `[mail]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    /// `file` writes below `data_dir`; `smtp` sends.
    pub transport: Transport,
    /// `smtp[s]://user:password@host:port`; needed for `smtp`.
    pub smtp_url: String,
    /// The sender.
    pub from: String,
}

impl Default for Mail {
    fn default() -> Self {
        Self { transport: Transport::File, smtp_url: String::new(), from: "Ensue <no-reply@ensue.example>".to_owned() }
    }
}

/// How mail leaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// As a file.
    #[default]
    File,
    /// To a mail server.
    Smtp,
}

/// `[webhook]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Webhook {
    /// Where notifications are posted to; empty: nowhere.
    pub url: String,
    /// The key of their signature (Standard Webhooks, `whsec_…`); needed with a URL.
    pub secret: String,
}

/// `[sink]`: a gateway that sends sms and push messages on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sink {
    /// Where they are posted to; empty: they become files below `data_dir`.
    pub url: String,
    /// Sent as `Authorization: Bearer …`; empty: none.
    pub token: String,
}

impl Settings for Mail {
    const SECTION: &'static str = "mail";

    fn check(&self, found: &mut Found) {
        if self.transport == Transport::Smtp {
            let is_smtp = is_url(&self.smtp_url, &["smtp://", "smtps://"]);
            found.unless(is_smtp, "smtp_url", "must start with smtp:// or smtps:// for mail.transport = \"smtp\"");
        }
        found.unless(self.from.contains('@'), "from", "must be a mail address");
    }
}

impl Settings for Webhook {
    const SECTION: &'static str = "webhook";

    fn check(&self, found: &mut Found) {
        if !self.url.is_empty() {
            found.unless(is_url(&self.url, &["http://", "https://"]), "url", "must start with http:// or https://");
            found.unless(!self.secret.is_empty(), "secret", "is needed with webhook.url: receivers check the signature");
        }
    }
}

impl Settings for Sink {
    const SECTION: &'static str = "sink";

    fn check(&self, found: &mut Found) {
        let right = self.url.is_empty() || is_url(&self.url, &["http://", "https://"]);
        found.unless(right, "url", "must start with http:// or https://");
    }
}

/// What can be set.
pub fn settings() -> Sections {
    Sections::new().with::<Mail>().with::<Webhook>().with::<Sink>()
}

/// Ten calls at a time where another machine has to answer; also settable as `consumers.notifications-email.prefetch`.
pub(crate) fn policy(becomes_a_file: bool) -> Policy {
    let outside = Policy::outside();
    if becomes_a_file { Policy { prefetch: FILES, ..outside } } else { outside }
}
