//! Request and reply over core NATS.

use std::sync::Arc;
use std::time::Duration;

use async_nats::connection::State;
use async_nats::{Client, Request, RequestErrorKind};
use bytes::Bytes;
use futures::StreamExt;
use messaging::{Answer, BrokerError, Responder};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use crate::api::{unavailable, within};

/// How many requests of one responder are answered at the same time.
const AT_ONCE: usize = 64;

/// Asks whoever answers on `subject`.
pub(crate) async fn request(client: &Client, subject: &str, body: Bytes, wait: Duration) -> Result<Bytes, BrokerError> {
    let asked = Request::new().payload(body).timeout(Some(wait));
    let answer = within(wait, async {
        client.send_request(subject.to_owned(), asked).await.map_err(|error| match error.kind() {
            RequestErrorKind::NoResponders => BrokerError::NoResponder(subject.to_owned()),
            RequestErrorKind::InvalidSubject | RequestErrorKind::MaxPayloadExceeded => BrokerError::Refused(error.to_string()),
            RequestErrorKind::TimedOut | RequestErrorKind::Other => unavailable(error),
        })
    });
    Ok(answer.await?.payload)
}

/// Answers on `subject` until dropped; the client subscribes again after each reconnect.
pub(crate) async fn respond(
    client: &Client,
    subject: &str,
    group: &str,
    limit: Duration,
    answer: Answer,
) -> Result<NatsResponder, BrokerError> {
    let mut requests =
        client.queue_subscribe(subject.to_owned(), group.to_owned()).await.map_err(|error| BrokerError::Refused(error.to_string()))?;
    if client.connection_state() == State::Connected {
        // An answer to anything means that the server has taken the subscription before; without one it stands all the same.
        let _ = tokio::time::timeout(limit, client.request("$JS.API.INFO", Bytes::new())).await;
    }
    let (client, slots, subject) = (client.clone(), Arc::new(Semaphore::new(AT_ONCE)), subject.to_owned());
    let task = tokio::spawn(async move {
        while let Some(request) = requests.next().await {
            let Some(reply) = request.reply else { continue };
            // Never closed, so a slot always comes.
            let Ok(slot) = slots.clone().acquire_owned().await else { break };
            let (client, answer, subject) = (client.clone(), answer.clone(), subject.clone());
            tokio::spawn(async move {
                let body = answer(request.payload).await;
                if let Err(error) = client.publish(reply, body).await {
                    tracing::warn!(%subject, %error, "an answer could not be sent");
                }
                drop(slot);
            });
        }
    });
    Ok(NatsResponder { task })
}

/// Stops taking requests when dropped; those taken are still answered.
pub(crate) struct NatsResponder {
    task: JoinHandle<()>,
}

impl Responder for NatsResponder {}

impl Drop for NatsResponder {
    fn drop(&mut self) {
        self.task.abort();
    }
}
