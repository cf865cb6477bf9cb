//! Mail by SMTP.

use std::time::Duration;

use futures::future::BoxFuture;
use lettre::message::Mailbox;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};

use super::{Message, SendError, Sender, mail};

/// How the connection is protected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SmtpTls {
    /// Not at all: for a server on the same machine.
    None,
    /// STARTTLS, or no mail.
    #[default]
    StartTls,
    /// From the first byte.
    Implicit,
}

/// Where and as whom to send.
#[derive(Clone, Debug)]
pub struct SmtpSettings {
    pub host: String,
    /// 587 for STARTTLS, 465 for implicit TLS, 25 or another for none.
    pub port: u16,
    pub tls: SmtpTls,
    /// User and password, where the server asks for them.
    pub credentials: Option<(String, String)>,
    pub from: Mailbox,
    /// For each answer of the server.
    pub timeout: Duration,
}

/// Sends mails to one server. After a lost answer the mail may arrive twice: under one Message-ID.
pub struct SmtpSender {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl SmtpSender {
    /// Ready to send; connects with the first mail.
    ///
    /// # Errors
    /// A host that is no name a certificate could bear.
    pub fn new(settings: SmtpSettings) -> Result<Self, lettre::transport::smtp::Error> {
        let parameters = || TlsParameters::new(settings.host.clone());
        let tls = match settings.tls {
            SmtpTls::None => Tls::None,
            SmtpTls::StartTls => Tls::Required(parameters()?),
            SmtpTls::Implicit => Tls::Wrapper(parameters()?),
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&settings.host) // "dangerous" without the next line
            .tls(tls)
            .port(settings.port)
            .timeout(Some(settings.timeout));
        if let Some((user, password)) = settings.credentials {
            builder = builder.credentials(Credentials::new(user, password));
        }
        Ok(Self { transport: builder.build(), from: settings.from })
    }
}

impl Sender for SmtpSender {
    fn send<'a>(&'a self, idempotency_key: &'a str, message: &'a Message) -> BoxFuture<'a, Result<(), SendError>> {
        Box::pin(async move {
            let mail = mail::build(&self.from, idempotency_key, message, false)?;
            self.transport.send(mail).await.map(drop).map_err(judge)
        })
    }
}

/// A 5xx is about this mail and final, unless it is about us: a refused login says nothing of the mail.
fn judge(error: lettre::transport::smtp::Error) -> SendError {
    let about_us = error.status().is_some_and(|code| matches!(u16::from(code), 530 | 534 | 535 | 538));
    if error.is_permanent() && !about_us { SendError::Permanent(error.to_string()) } else { SendError::Transient(error.to_string()) }
}
