//! The answer on its way out: refusals of tonic itself in our words, ids in its headers, and an end to streams when the process stops.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response};
use http_body::{Frame, SizeHint};
use tokio_util::sync::WaitForCancellationFutureOwned;
use tonic::body::Body;
use tonic::{Code, Status};

use super::call::Call;
use super::context::CORRELATION_ID;
use crate::status;

/// Completes the answer to `call` and keeps the call open until its last byte.
pub(super) fn finish(mut call: Call, answer: Response<Body>) -> Response<Body> {
    let mut answer = match Status::from_header_map(answer.headers()).and_then(|status| in_our_words(&status)) {
        Some(ours) => ours.into_http(),
        None => answer,
    };
    let headers = answer.headers_mut();
    let trace = call.context.trace();
    for (name, value) in [(CORRELATION_ID, call.context.correlation_id().unwrap_or_default()), ("traceparent", &trace.traceparent)] {
        if let Ok(value) = HeaderValue::from_str(value)
            && !value.is_empty()
        {
            headers.insert(name, value);
        }
    }
    if let Some(status) = Status::from_header_map(headers) {
        // An answer of headers alone: there is no body to wait for.
        call.code = Some(status.code());
        return answer;
    }
    let stopping = Box::pin(call.context.stopping().clone().cancelled_owned());
    answer.map(|body| Body::new(Answer { body, call: Some(call), stopping }))
}

/// tonic's own refusals of a request that never reached its handler. Everything a handler says passes as it is.
fn in_our_words(refusal: &Status) -> Option<Status> {
    let message = refusal.message();
    match refusal.code() {
        Code::OutOfRange if message.starts_with("Error, decoded message length too large") => {
            Some(status::invalid_field("request", message))
        }
        Code::Internal if message.starts_with("failed to decode Protobuf message") => Some(status::invalid_field("request", message)),
        _ => None,
    }
}

/// A body that reads the code from its trailers.
struct Answer {
    body: Body,
    /// Gone once the end was seen.
    call: Option<Call>,
    stopping: Pin<Box<WaitForCancellationFutureOwned>>,
}

impl http_body::Body for Answer {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = &mut *self;
        let Some(call) = &mut this.call else { return Poll::Ready(None) };
        let polled = call.span.in_scope(|| Pin::new(&mut this.body).poll_frame(cx));
        let Poll::Ready(frame) = polled else {
            // Nothing to say just now: a stream that waits. It would hold up the end of the process for as long as it likes.
            ready!(this.stopping.as_mut().poll(cx));
            let mut trailers = HeaderMap::new();
            let ending = status::unavailable("STOPPING", "the server is stopping");
            call.code = Some(ending.code());
            this.call = None;
            return Poll::Ready(Some(ending.add_header(&mut trailers).map(|()| Frame::trailers(trailers))));
        };
        if let Some(Ok(frame)) = &frame
            && let Some(status) = frame.trailers_ref().and_then(Status::from_header_map)
        {
            call.code = Some(status.code());
        }
        if frame.is_none() {
            this.call = None;
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.call.is_none() || self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
