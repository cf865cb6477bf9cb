//! A caller's closure on its way through a writer: run, then answered when the commit is known.

use std::panic::AssertUnwindSafe;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use tokio::sync::oneshot;

use crate::StoreError;
use crate::work::Work;

pub(crate) trait Job: Send {
    /// Runs the closure and appends what it emitted; whether it is to be kept.
    fn run<'a>(&'a mut self, work: &'a mut Work) -> BoxFuture<'a, bool>;
    /// Answers the caller.
    fn finish(self: Box<Self>, commit: Result<(), StoreError>);
}

pub(crate) struct Caller<F, T, E> {
    closure: Option<F>,
    result: Option<Result<T, E>>,
    answer: oneshot::Sender<Result<T, E>>,
}

impl<F, T, E> Caller<F, T, E> {
    pub(crate) fn new(closure: F) -> (Self, oneshot::Receiver<Result<T, E>>) {
        let (answer, receiver) = oneshot::channel();
        (Self { closure: Some(closure), result: None, answer }, receiver)
    }
}

impl<F, T, E> Job for Caller<F, T, E>
where
    F: for<'a> FnOnce(&'a mut Work) -> BoxFuture<'a, Result<T, E>> + Send,
    T: Send,
    E: From<StoreError> + Send,
{
    fn run<'a>(&'a mut self, work: &'a mut Work) -> BoxFuture<'a, bool> {
        Box::pin(async move {
            let Some(closure) = self.closure.take() else { return false };
            // A panic in a handler must not take the writer, and everyone behind it, along.
            let ran = AssertUnwindSafe(async { closure(work).await }).catch_unwind().await;
            let result = match ran {
                Ok(Ok(value)) => work.flush().await.map(|()| value).map_err(E::from),
                Ok(Err(error)) => Err(error),
                Err(panic) => Err(E::from(StoreError::Refused(format!("panic: {}", panic_said(&*panic))))),
            };
            let kept = result.is_ok();
            self.result = Some(result);
            kept
        })
    }

    fn finish(self: Box<Self>, commit: Result<(), StoreError>) {
        let result = match (self.result, commit) {
            // A refusal as well: it may have been for what another one did who is not committed either.
            (_, Err(error)) => Err(E::from(error)),
            (Some(result), Ok(())) => result,
            (None, Ok(())) => Err(E::from(StoreError::Unavailable("the store is closing".to_owned()))),
        };
        // Nobody waits any more: the caller has gone, the work is done all the same.
        let _ = self.answer.send(result);
    }
}

/// The message of a panic that was caught, where it has one.
pub fn panic_said(panic: &(dyn std::any::Any + Send)) -> &str {
    panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}
