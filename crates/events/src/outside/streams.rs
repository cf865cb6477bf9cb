//! The streams of the system: a relay makes those it publishes to, this service sees to all of them.

use std::time::Duration;

use messaging::{BrokerError, StreamSpec};
use service_host::Context;
use tokio_util::sync::CancellationToken;

/// How often they are looked at, and how soon again after a failure.
const LOOK: Duration = Duration::from_secs(15);
const AGAIN: Duration = Duration::from_secs(1);

/// Makes what is declared, and makes it again when the broker has lost it.
pub(crate) async fn keep(context: Context, stop: CancellationToken) {
    let specs = service_host::streams::of(&context.config, &context.catalogue);
    // (connections, when) of the last time that all were as declared.
    let mut ensured = None;
    loop {
        let connections = context.broker.connections();
        let kept = if ensured == Some(connections) { are_there(&context, &specs).await } else { Ok(false) };
        let done = match kept {
            Ok(true) => Ok(()),
            _ => ensure(&context, &specs).await,
        };
        let wait = match done {
            Ok(()) => {
                ensured = Some(connections);
                LOOK
            }
            Err(error) => {
                tracing::warn!(%error, "streams are not all as declared yet");
                ensured = None;
                AGAIN
            }
        };
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = stop.cancelled() => return,
        }
    }
}

async fn are_there(context: &Context, specs: &[StreamSpec]) -> Result<bool, BrokerError> {
    for spec in specs {
        if context.broker.state(&spec.name).await?.is_none() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// All of them, whatever one of them says; sources stand before what sources them.
async fn ensure(context: &Context, specs: &[StreamSpec]) -> Result<(), BrokerError> {
    let mut done = Ok(());
    for spec in specs {
        if let Err(error) = context.broker.ensure(spec).await {
            done = Err(error);
        }
    }
    done
}
