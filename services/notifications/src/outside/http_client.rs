//! One POST with a limit on everything: time, what is sent, what is read back.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;

use super::SendError;

/// The most bytes of a request's body.
const MAX_REQUEST: usize = 256 * 1024;

/// The most bytes that are read of an answer. They are read so that the connection can be used again.
const MAX_ANSWER: usize = 64 * 1024;

/// A client for http and https (with the roots that browsers trust). It follows no redirects: a signed message goes where it was sent.
pub struct HttpClient {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    timeout: Duration,
}

impl HttpClient {
    /// A client that gives every call `timeout`, connecting included.
    pub fn new(timeout: Duration) -> Self {
        let mut http = HttpConnector::new();
        http.enforce_http(false);
        http.set_connect_timeout(Some(timeout));
        let connector = HttpsConnectorBuilder::new().with_webpki_roots().https_or_http().enable_http1().wrap_connector(http);
        Self { client: Client::builder(TokioExecutor::new()).build(connector), timeout }
    }

    /// Posts JSON. A 2xx is a yes.
    pub async fn post(&self, url: &str, headers: Vec<(HeaderName, String)>, body: Vec<u8>) -> Result<(), SendError> {
        let permanent = |what: String| SendError::Permanent(what);
        if body.len() > MAX_REQUEST {
            return Err(permanent(format!("{} bytes are too much for a message", body.len())));
        }
        let mut request = Request::post(url).header(header::CONTENT_TYPE, "application/json").header(header::USER_AGENT, "ensue");
        for (name, value) in headers {
            request = request.header(name, HeaderValue::try_from(value).map_err(|error| permanent(format!("bad header: {error}")))?);
        }
        let request = request.body(Full::from(body)).map_err(|error| permanent(format!("bad URL: {error}")))?;
        let status = tokio::time::timeout(self.timeout, self.call(request)).await;
        judge(status.map_err(|_| SendError::Transient(format!("no answer in {:?}", self.timeout)))??)
    }

    async fn call(&self, request: Request<Full<Bytes>>) -> Result<StatusCode, SendError> {
        let answer = self.client.request(request).await.map_err(|error| SendError::Transient(reasons(&error)))?;
        let status = answer.status();
        let _ = Limited::new(answer.into_body(), MAX_ANSWER).collect().await; // nobody reads it; a longer one costs the connection
        Ok(status)
    }
}

/// Which answers are worth another try.
fn judge(status: StatusCode) -> Result<(), SendError> {
    match status.as_u16() {
        200..=299 => Ok(()),
        408 | 425 | 429 | 500..=599 => Err(SendError::Transient(format!("answered {status}"))),
        _ => Err(SendError::Permanent(format!("answered {status}"))),
    }
}

/// An error with all that is behind it.
fn reasons(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(&format!(": {error}"));
        source = error.source();
    }
    text
}
