//! Code of a service that panics fails like any other: what it did is taken back, and it is tried again as often as any other.

use std::panic::AssertUnwindSafe;

use futures::FutureExt as _;
use messaging::Failure;

/// Runs it to its end, or to its panic.
pub(crate) async fn caught<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let ran = AssertUnwindSafe(work).catch_unwind().await;
    ran.unwrap_or_else(|panic| Err(Failure::retry(format!("panic: {}", store::panic_said(&*panic)))))
}
