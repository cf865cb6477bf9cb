//! The end of a process: asked for by a signal, bounded by a deadline.

use std::io;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// The exit code after a second signal: what a shell reports for SIGINT.
const AT_ONCE: i32 = 130;

/// A token that the first SIGTERM or SIGINT cancels; the second ends the process at once. Call it inside the runtime, once.
///
/// Errors when the signals can't be taken.
pub fn on_signal() -> io::Result<CancellationToken> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let stop = CancellationToken::new();
    let stopping = stop.clone();
    tokio::spawn(async move {
        let first = tokio::select! {
            _ = terminate.recv() => "SIGTERM",
            _ = interrupt.recv() => "SIGINT",
        };
        tracing::info!(signal = first, "stopping; a second signal stops at once");
        stopping.cancel();
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::warn!("stopped at once by a second signal");
        std::process::exit(AT_ONCE);
    });
    Ok(stop)
}

/// Waits for `future` no longer than `deadline`; nothing, and a warning that names `what`, when it took longer.
pub async fn within<F: Future>(deadline: Duration, what: &str, future: F) -> Option<F::Output> {
    let done = tokio::time::timeout(deadline, future).await.ok();
    if done.is_none() {
        tracing::warn!(what, ?deadline, "not finished by the deadline; going on without it");
    }
    done
}
