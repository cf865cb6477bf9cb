//! Messages to programs, signed by the Standard Webhooks specification.

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use http::HeaderName;
use serde_json::json;

use super::http_client::HttpClient;
use super::{Message, Secret, SendError, Sender};

/// Posts to the URL that the message is addressed to. `webhook-id` is the key, on every attempt: the receiver drops repeats by it.
pub struct WebhookSender {
    client: HttpClient,
    secret: Secret,
    now_us: Arc<dyn Fn() -> i64 + Send + Sync>,
}

impl WebhookSender {
    /// A sender that signs with `secret`. `now_us` answers microseconds since 1970 UTC: the signature says when it was made, and
    /// receivers refuse old ones.
    pub fn new(secret: Secret, timeout: Duration, now_us: impl Fn() -> i64 + Send + Sync + 'static) -> Self {
        Self { client: HttpClient::new(timeout), secret, now_us: Arc::new(now_us) }
    }
}

impl Sender for WebhookSender {
    fn send<'a>(&'a self, idempotency_key: &'a str, message: &'a Message) -> BoxFuture<'a, Result<(), SendError>> {
        let body = json!({
            "type": message.about,
            "timestamp": rfc3339(message.at_us),
            "title": message.title,
            "message": message.body,
            "icon": message.icon,
            "data": message.data,
        });
        let body = body.to_string().into_bytes();
        let now_s = (self.now_us)().div_euclid(1_000_000);
        let headers = vec![
            (HeaderName::from_static("webhook-id"), idempotency_key.to_owned()),
            (HeaderName::from_static("webhook-timestamp"), now_s.to_string()),
            (HeaderName::from_static("webhook-signature"), self.secret.sign(idempotency_key, now_s, &body)),
        ];
        Box::pin(self.client.post(&message.to.address, headers, body))
    }
}

fn rfc3339(at_us: i64) -> String {
    let nanos = i32::try_from(at_us.rem_euclid(1_000_000) * 1_000).unwrap_or_default();
    prost_types::Timestamp { seconds: at_us.div_euclid(1_000_000), nanos }.to_string()
}
