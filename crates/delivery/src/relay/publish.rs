//! Messages on their way to the broker, and the spans of that.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::task::{Poll, ready};

use messaging::{Expect, Outgoing, PublishError, PublishedRun, RunAck, headers};
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

pub(crate) fn outgoing(row: LogRow, message_id: String) -> Outgoing {
    let subject = row.envelope.subject();
    let (headers, payload) = headers::into_parts(*row.envelope);
    Outgoing { subject, message_id, headers, payload }
}

/// A span for a message whose trace is recorded: the way from the store to the broker's word.
fn span(row: &LogRow) -> Span {
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

/// Runs of rows that were published, in that order, waiting for the broker's word.
#[derive(Default)]
pub(crate) struct InFlight {
    runs: VecDeque<(Sent, PublishedRun)>,
    rows: usize,
}

/// A run of rows on its way.
#[derive(Default)]
pub(crate) struct Sent {
    pub(crate) rows: usize,
    pub(crate) first_seq: i64,
    pub(crate) last_seq: i64,
    pub(crate) last_id: String,
    /// How many of each type, for when the broker has them.
    pub(crate) types: Vec<(String, u64)>,
    /// Of rows whose trace is recorded; they end with the answer.
    pub(crate) spans: Vec<Span>,
}

impl Sent {
    /// Takes a row along.
    pub(crate) fn add(&mut self, row: &LogRow, message_id: &str) {
        if self.rows == 0 {
            self.first_seq = row.seq;
        }
        self.rows += 1;
        self.last_seq = row.seq;
        message_id.clone_into(&mut self.last_id);
        let type_ = &row.envelope.type_;
        match self.types.iter_mut().find(|(known, _)| known == type_) {
            Some((_, count)) => *count += 1,
            None => self.types.push((type_.clone(), 1)),
        }
        let span = span(row);
        if !span.is_none() {
            self.spans.push(span);
        }
    }
}

pub(crate) struct Answered {
    pub(crate) sent: Sent,
    pub(crate) result: Result<RunAck, PublishError>,
}

impl InFlight {
    /// How many rows.
    pub(crate) fn len(&self) -> usize {
        self.rows
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    pub(crate) fn push(&mut self, sent: Sent, answer: PublishedRun) {
        self.rows += sent.rows;
        self.runs.push_back((sent, answer));
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// The first one's answer; never while there is none. The others are not asked: they come in the same order, and asking sets a timer for each.
    pub(crate) fn next(&mut self) -> impl Future<Output = Answered> {
        poll_fn(|cx| {
            let Some((_, first)) = self.runs.front_mut() else { return Poll::Pending };
            let result = ready!(first.as_mut().poll(cx));
            match self.runs.pop_front() {
                Some((sent, _)) => {
                    self.rows -= sent.rows;
                    Poll::Ready(Answered { sent, result })
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
