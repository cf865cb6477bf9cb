//! Calls to the JetStream API with one reading of what can go wrong.

use std::fmt::Display;
use std::future::Future;
use std::time::Duration;

use async_nats::jetstream::response::Response;
use async_nats::jetstream::{Context, Error, ErrorCode};
use messaging::BrokerError;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A call about one stream.
pub(crate) async fn call<T: DeserializeOwned>(
    context: &Context,
    operation: &str,
    stream: &str,
    body: &impl Serialize,
) -> Result<T, BrokerError> {
    match context.request(format!("{operation}.{stream}"), body).await {
        Ok(Response::Ok(answer)) => Ok(answer),
        Ok(Response::Err { error }) => Err(refused(&error, stream)),
        Err(error) => Err(unavailable(error)),
    }
}

/// The server's error about a stream.
pub(crate) fn refused(error: &Error, stream: &str) -> BrokerError {
    match error.error_code() {
        ErrorCode::STREAM_NOT_FOUND => BrokerError::NoStream(stream.to_owned()),
        // "Temporarily unavailable", no leader, still starting.
        _ if error.code() == 503 => unavailable(error),
        _ => BrokerError::Refused(error.to_string()),
    }
}

pub(crate) fn unavailable(error: impl Display) -> BrokerError {
    BrokerError::Unavailable(error.to_string())
}

/// The client waits without end when its queue is full or it has no connection; nothing here does.
pub(crate) async fn within<T>(limit: Duration, work: impl Future<Output = Result<T, BrokerError>>) -> Result<T, BrokerError> {
    tokio::time::timeout(limit, work).await.unwrap_or_else(|_| Err(unavailable("no answer in time")))
}

/// A name that becomes one token of an API subject: with a dot in it the API never answers.
pub(crate) fn token(name: &str) -> Result<&str, BrokerError> {
    if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-') {
        return Ok(name);
    }
    Err(BrokerError::Refused(format!("{name:?} is no valid name: letters, digits, - and _ only")))
}
