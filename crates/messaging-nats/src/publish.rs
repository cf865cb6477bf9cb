//! Publishing: hand over in order, answer later.

use std::error::Error as _;
use std::time::Duration;

use async_nats::Client;
use async_nats::connection::State;
use async_nats::jetstream::context::{self, PublishErrorKind};
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::{self, Context};
use messaging::{Expect, Outgoing, PublishAck, PublishError, Published};

use crate::headers;

/// Queues the message. While there is no connection nothing is queued: what the client holds back it sends after the reconnect,
/// behind whatever happened in between.
pub(crate) async fn hand_over(
    client: &Client,
    context: &Context,
    limit: Duration,
    message: Outgoing,
    expect: Expect,
) -> Result<Published, PublishError> {
    let wire = headers::to_wire(message.headers, message.message_id, expect)?;
    if client.connection_state() != State::Connected {
        return Err(PublishError::Ambiguous);
    }
    let publish = PublishMessage::build().payload(message.payload).headers(wire);
    let queued = tokio::time::timeout(limit, context.send_publish(message.subject, publish));
    let answer = match queued.await {
        Ok(Ok(answer)) => answer,
        Ok(Err(error)) if error.kind() == PublishErrorKind::Other => return Err(PublishError::Refused(error.to_string())),
        Ok(Err(error)) => return Err(failed(&error)),
        Err(_) => return Err(PublishError::Ambiguous),
    };
    Ok(Box::pin(async move {
        match answer.await {
            Ok(ack) => Ok(PublishAck { sequence: ack.sequence, duplicate: ack.duplicate }),
            Err(error) => Err(failed(&error)),
        }
    }))
}

fn failed(error: &context::PublishError) -> PublishError {
    match error.kind() {
        PublishErrorKind::WrongLastMessageId | PublishErrorKind::WrongLastSequence => PublishError::WrongLast,
        PublishErrorKind::StreamNotFound => PublishError::NoStream,
        PublishErrorKind::TimedOut | PublishErrorKind::BrokenPipe => PublishError::Ambiguous,
        PublishErrorKind::MaxAckPending | PublishErrorKind::MaxPayloadExceeded => PublishError::Refused(error.to_string()),
        // The server's own no, or an answer that nobody can read (something else answers on that subject).
        PublishErrorKind::Other => match error.source().and_then(|source| source.downcast_ref::<jetstream::Error>()) {
            Some(refusal) => PublishError::Refused(refusal.to_string()),
            None => PublishError::Ambiguous,
        },
    }
}
