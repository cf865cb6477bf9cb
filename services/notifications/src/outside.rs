//! How messages leave the house: mail by SMTP, webhooks, an HTTP sink for sms and push, and files for all of them.

mod configured;
mod deliver;
mod file;
mod http_client;
mod http_sink;
mod mail;
mod sender;
mod signature;
mod smtp;
mod smtp_url;
mod webhook;

#[cfg(test)]
mod tests;

pub use configured::{BadSetting, configured};
pub use deliver::{Deliver, Email, Parcel, Push, Sms, Way, Webhook, count};
pub use file::FileSender;
pub use http_sink::{HttpSink, HttpSinkSettings};
pub use sender::{Message, SendError, Sender, Senders};
pub use signature::{BadSecret, Secret};
pub use smtp::{SmtpSender, SmtpSettings, SmtpTls};
pub use webhook::WebhookSender;
