//! Brings what was accepted to the doors of the services that own it: `ingest.<domain>.<event>.<key>`.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use ::store::StoreError;
use futures::future::join_all;
use messaging::{Expect, PublishError};
use service_host::Context;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::store::outgoing::{self, Outgoing};

/// Messages taken at a time.
const TAKEN: usize = 1_000;
/// How soon again after a failure, and when nobody calls: another process may have written something down and ended.
const AGAIN: Duration = Duration::from_millis(500);
const LOOK: Duration = Duration::from_secs(5);

/// Publishes until `stop`. What may have been published already is published again: the door drops repeats.
pub(crate) async fn publish(context: Context, accepted: Arc<Notify>, stop: CancellationToken) {
    loop {
        let wait = match bring(&context).await {
            Ok(TAKEN) => continue,
            Ok(_) => LOOK,
            Err(error) => {
                tracing::warn!(%error, "accepted events wait for their doors");
                AGAIN
            }
        };
        tokio::select! {
            () = accepted.notified() => {}
            () = tokio::time::sleep(wait) => {}
            () = stop.cancelled() => return,
        }
    }
}

#[derive(Debug, thiserror::Error)]
enum Failed {
    #[error("{0}")]
    Store(#[from] StoreError),
    #[error("{0}")]
    Publish(#[from] PublishError),
}

/// One round; how many there were.
async fn bring(context: &Context) -> Result<usize, Failed> {
    let messages = outgoing::first(&context.store, TAKEN).await?;
    let count = messages.len();
    let mut lanes: HashMap<String, VecDeque<(i64, Outgoing)>> = HashMap::new();
    for (seq, message) in messages {
        lanes.entry(message.key.clone()).or_default().push_back((seq, message));
    }
    let (mut arrived, mut failed) = (Vec::with_capacity(count), None);
    // One of each key in flight: whatever fails, none of its key has overtaken it.
    while failed.is_none() && !lanes.is_empty() {
        let firsts: Vec<(i64, Outgoing)> = lanes.values_mut().filter_map(VecDeque::pop_front).collect();
        lanes.retain(|_, lane| !lane.is_empty());
        let mut answers = Vec::with_capacity(firsts.len());
        for (seq, message) in firsts {
            let published = context.broker.publish(wire(message), Expect::Any).await;
            answers.push(async move {
                let answer = match published {
                    Ok(answer) => answer.await,
                    Err(error) => Err(error),
                };
                (seq, answer)
            });
        }
        for (seq, answer) in join_all(answers).await {
            match answer {
                Ok(_) => arrived.push(seq),
                Err(error) => failed = Some(error),
            }
        }
    }
    outgoing::gone(&context.store, arrived).await?;
    failed.map_or(Ok(count), |error| Err(error.into()))
}

fn wire(message: Outgoing) -> messaging::Outgoing {
    messaging::Outgoing {
        subject: message.subject,
        message_id: message.message_id,
        headers: message.headers,
        payload: message.payload.into(),
    }
}
