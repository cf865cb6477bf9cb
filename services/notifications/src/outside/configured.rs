//! Which way out each channel takes, as it is configured.

use std::sync::Arc;
use std::time::Duration;

use lettre::message::Mailbox;
use service_host::config::Config;
use store::Clock;

use super::{FileSender, HttpSink, HttpSinkSettings, Secret, Sender, Senders, SmtpSender, SmtpSettings, WebhookSender};
use crate::config::{Mail, Sink, Transport, Webhook};

/// Where messages go that become files, below `data_dir`.
const FOLDER: &str = "mail";
/// For an answer of another machine.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A setting that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{setting}: {reason}")]
pub struct BadSetting {
    setting: &'static str,
    reason: String,
}

fn bad(setting: &'static str, reason: impl std::fmt::Display) -> BadSetting {
    BadSetting { setting, reason: reason.to_string() }
}

/// The ways out of the house as `[mail]`, `[webhook]` and `[sink]` say.
pub fn configured(config: &Config) -> Result<Senders, BadSetting> {
    let (mail, webhook, sink): (Mail, Webhook, Sink) = (config.of(), config.of(), config.of());
    let from: Mailbox = mail.from.parse().map_err(|error| bad("mail.from", error))?;
    let file: Arc<dyn Sender> = Arc::new(FileSender::new(config.data_dir.join(FOLDER), from.clone()));
    let email = match mail.transport {
        Transport::File => file.clone(),
        Transport::Smtp => {
            let settings = SmtpSettings::parse(&mail.smtp_url, from, TIMEOUT).map_err(|reason| bad("mail.smtp_url", reason))?;
            Arc::new(SmtpSender::new(settings).map_err(|error| bad("mail.smtp_url", error))?)
        }
    };
    let webhook = match webhook.secret.as_str() {
        "" => file.clone(),
        secret => {
            let secret = Secret::parse(secret).map_err(|error| bad("webhook.secret", error))?;
            let clock = Clock::system();
            Arc::new(WebhookSender::new(secret, TIMEOUT, move || clock.now_us()))
        }
    };
    let sink = match (sink.url.as_str(), sink.token.as_str()) {
        ("", _) => file,
        (url, token) => {
            let authorization = if token.is_empty() { String::new() } else { format!("Bearer {token}") };
            Arc::new(HttpSink::new(HttpSinkSettings { url: url.to_owned(), authorization, timeout: TIMEOUT }))
        }
    };
    Ok(Senders { email, sms: sink.clone(), push: sink, webhook })
}
