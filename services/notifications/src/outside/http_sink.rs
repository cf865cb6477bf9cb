//! Sms and push through whatever gateway there is: one JSON form, posted to one URL.

use std::time::Duration;

use futures::future::BoxFuture;
use http::{HeaderName, header};
use serde_json::json;

use super::http_client::HttpClient;
use super::{Message, SendError, Sender};

/// Where the gateway is.
#[derive(Clone)]
pub struct HttpSinkSettings {
    pub url: String,
    /// The whole value of `authorization`, e.g. `Bearer …`; empty: none.
    pub authorization: String,
    /// For a whole call.
    pub timeout: Duration,
}

/// Posts every message to the gateway, with the key as `idempotency-key`.
pub struct HttpSink {
    client: HttpClient,
    settings: HttpSinkSettings,
}

impl HttpSink {
    /// A sink with these settings.
    pub fn new(settings: HttpSinkSettings) -> Self {
        Self { client: HttpClient::new(settings.timeout), settings }
    }
}

impl Sender for HttpSink {
    fn send<'a>(&'a self, idempotency_key: &'a str, message: &'a Message) -> BoxFuture<'a, Result<(), SendError>> {
        let body = json!({
            "channel": message.to.channel.as_str(),
            "to": message.to.address,
            "title": message.title,
            "message": message.body,
            "icon": message.icon,
            "type": message.about,
        });
        let mut headers = vec![(HeaderName::from_static("idempotency-key"), idempotency_key.to_owned())];
        if !self.settings.authorization.is_empty() {
            headers.push((header::AUTHORIZATION, self.settings.authorization.clone()));
        }
        Box::pin(self.client.post(&self.settings.url, headers, body.to_string().into_bytes()))
    }
}
