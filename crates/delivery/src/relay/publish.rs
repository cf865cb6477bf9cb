//! One message on its way to the broker, and the span of that.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::task::{Poll, ready};

use messaging::{Expect, Outgoing, PublishAck, PublishError, Published, headers};
use store::LogRow;
use tracing::Span;

/// The `Nats-Msg-Id` of a row: its id, with the attempt behind it when the broker may remember it although it lost it.
pub(crate) fn message_id(row: &LogRow, attempt: Option<&str>) -> String {
    match attempt {
        None => row.envelope.id.clone(),
        Some(attempt) => format!("{}/{attempt}", row.envelope.id),
    }
}

/// Whether a relay can have published a message of this id under this `Nats-Msg-Id`.
pub(crate) fn is_a_relays(message_id: &str, id: &str) -> bool {
    message_id.strip_prefix(id).is_some_and(|attempt| attempt.is_empty() || attempt.starts_with('/'))
}

pub(crate) fn outgoing(row: LogRow, message_id: &str) -> Outgoing {
    let subject = row.envelope.subject();
    let (headers, payload) = headers::into_parts(*row.envelope);
    Outgoing { subject, message_id: message_id.to_owned(), headers, payload }
}

/// A span for a message whose trace is recorded: the way from the store to the broker's word.
pub(crate) fn span(row: &LogRow) -> Span {
    let envelope = &row.envelope;
    if !envelope.trace.is_sampled() {
        return Span::none();
    }
    let span = tracing::info_span!(
        "relay",
        otel.name = format!("send {}", row.stream),
        otel.kind = "producer",
        ensue.service = envelope.source,
        ensue.correlation_id = envelope.correlation_id,
        messaging.system = "nats",
        messaging.operation.name = "send",
        messaging.destination.name = row.stream,
        messaging.message.id = envelope.id,
        ensue.event.type = envelope.type_,
    );
    envelope.trace.adopt(&span);
    span
}

/// What was published, in that order, waiting for the broker's word.
#[derive(Default)]
pub(crate) struct InFlight(VecDeque<Sent>);

pub(crate) struct Sent {
    pub(crate) row_seq: i64,
    pub(crate) message_id: String,
    /// Counts it once the broker has it.
    pub(crate) published: metrics::Counter,
    pub(crate) answer: Published,
    /// Ends with the answer.
    pub(crate) span: Span,
}

pub(crate) struct Answered {
    pub(crate) row_seq: i64,
    pub(crate) message_id: String,
    pub(crate) published: metrics::Counter,
    pub(crate) result: Result<PublishAck, PublishError>,
}

impl InFlight {
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn push(&mut self, sent: Sent) {
        self.0.push_back(sent);
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// The first one's answer; never while there is none. The others are not asked: they come in the same order, and asking sets a timer for each.
    pub(crate) fn next(&mut self) -> impl Future<Output = Answered> {
        poll_fn(|cx| {
            let Some(first) = self.0.front_mut() else { return Poll::Pending };
            let result = ready!(first.answer.as_mut().poll(cx));
            match self.0.pop_front() {
                Some(Sent { row_seq, message_id, published, span, .. }) => {
                    drop(span);
                    Poll::Ready(Answered { row_seq, message_id, published, result })
                }
                None => Poll::Pending,
            }
        })
    }
}

/// What the next message must find: its predecessor, where there is one writer.
pub(crate) fn expectation(one_writer: bool, last_id: Option<String>, last_sequence: u64) -> Expect {
    match (one_writer, last_id) {
        (false, _) => Expect::Any,
        (true, Some(id)) => Expect::LastId(id),
        (true, None) => Expect::LastSequence(last_sequence),
    }
}
