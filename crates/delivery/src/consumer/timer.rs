//! Timers that are due: gone in the transaction that acts on them, due again later when that fails, a dead letter in the end.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use catalogue::platform::v1::DeadLetterAnnounced;
use messaging::{Cause, Failure, Headers};
use store::timers::{self, Timer};
use store::{StoreError, Work, params};
use tokio_util::sync::CancellationToken;

use super::batch::Undone;
use super::commit::{CONFLICTS, close_breaker, pause};
use super::session::Session;
use crate::dead::{self, Attempt, Letter, Reason};
use crate::handler::ErasedTimer;
use crate::panics::caught;
use crate::policy::Policy;

/// What a letter about a timer carries beside its payload.
const CAUSE: &str = "ensue-timer-cause";

/// Acts on one.
pub(crate) async fn fire(session: &mut Session<'_>, timer: Timer, stop: &CancellationToken) -> Result<(), StoreError> {
    let Some(handler) = session.consumer.timers.clone() else { return Ok(()) };
    match act(session, &handler, &timer).await {
        Ok(()) => {
            session.breaker.reset();
            close_breaker(session);
        }
        Err(Failure::Unavailable { error }) => {
            pause(session, &error, stop).await;
        }
        Err(failure) => {
            tracing::warn!(consumer = session.handle.name, timer = timer.id, key = timer.key, %failure, "timer not done");
            let (actor, policy) = (session.handle.name.clone(), session.consumer.policy.clone());
            let failed = session.setup.store.write(move |work| Box::pin(async move { fail(work, &actor, &policy, timer, failure).await }));
            if let Some(letter) = failed.await? {
                session.handle.state.dead.fetch_add(1, Ordering::Relaxed);
                dead::announce(&session.setup.broker, vec![letter]);
            }
        }
    }
    Ok(())
}

async fn act(session: &Session<'_>, handler: &Arc<dyn ErasedTimer>, timer: &Timer) -> Result<(), Failure> {
    let mut conflicts = 0;
    loop {
        let (handler, actor, timer) = (handler.clone(), session.handle.name.clone(), timer.clone());
        let fired: Result<(), Undone> = session
            .setup
            .store
            .write(move |work| {
                Box::pin(async move {
                    if timers::cancel_at(work, &actor, &timer.id, timer.due_us).await? {
                        caught(handler.fire(timer, work)).await.map_err(|failure| Undone::Failed { at: 0, failure })?;
                    }
                    Ok(())
                })
            })
            .await;
        return match fired {
            Ok(()) => Ok(()),
            Err(Undone::Store(StoreError::Conflict(_))) if conflicts < CONFLICTS => {
                conflicts += 1;
                continue;
            }
            Err(Undone::Failed { failure, .. }) => Err(failure),
            Err(Undone::Store(error)) => Err(error.into()),
            Err(undone) => Err(Failure::Unavailable { error: undone.to_string() }),
        };
    }
}

/// One more try that failed: due again after the consumer's back-off, or a dead letter.
async fn fail(
    work: &mut Work,
    actor: &str,
    policy: &Policy,
    timer: Timer,
    failure: Failure,
) -> Result<Option<DeadLetterAnnounced>, StoreError> {
    let Some(history) = timers::history(work, actor, &timer.id, timer.due_us).await? else { return Ok(None) };
    // What can't be read must not keep it from ending.
    let mut history: Vec<Attempt> = serde_json::from_str(&history).unwrap_or_default();
    let error = failure.to_string();
    history.push(Attempt::new(work.now_us(), &error));
    let attempts = u32::try_from(history.len()).unwrap_or(u32::MAX);
    let (reason, after) = match failure {
        Failure::Dead { .. } => (Some(Reason::Rejected), None),
        _ if attempts >= policy.attempts => (Some(Reason::Exhausted), None),
        Failure::Retry { after, .. } => (None, after.and_then(|after| i64::try_from(after.as_micros()).ok())),
        Failure::Unavailable { .. } => (None, None),
    };
    let Some(reason) = reason else {
        let again_us = work.now_us().saturating_add(after.unwrap_or_else(|| policy.wait_after_us(attempts)));
        let history = serde_json::to_string(&history).map_err(|error| StoreError::Refused(error.to_string()))?;
        timers::put_off(work, actor, &timer.id, timer.due_us, again_us, &history).await?;
        return Ok(None);
    };
    if !timers::cancel_at(work, actor, &timer.id, timer.due_us).await? {
        return Ok(None);
    }
    let cause = serde_json::to_string(&timer.cause).map_err(|error| StoreError::Refused(error.to_string()))?;
    let (id, subject, headers) = (format!("timer/{}", timer.id), subject(actor), Headers::from([(CAUSE.into(), cause)]));
    let mut letter = Letter::foreign(actor, &id, &subject, &headers, timer.payload.as_bytes());
    letter.type_ = "timer";
    letter.key = &timer.key;
    letter.reason = reason;
    letter.attempts = history;
    letter.error = error;
    // Not the actor of what the timer leads to: their ids must differ, and again when it dies once more.
    letter.cause = Cause { actor: format!("{actor}/{id}-{}", timer.due_us), ..timer.cause };
    dead::write(work, letter).await.map(Some)
}

/// The subject of a letter about a timer of this consumer; no message comes on it.
fn subject(consumer: &str) -> String {
    format!("timers.{consumer}")
}

/// The timer's id, if a letter is about one.
pub(crate) fn of_letter<'a>(consumer: &str, letter_subject: &str, event_id: &'a str) -> Option<&'a str> {
    event_id.strip_prefix("timer/").filter(|_| letter_subject == subject(consumer))
}

/// A timer that died is due at once; one that was set under its id meanwhile is the one that counts.
pub(crate) async fn set_again(
    work: &mut Work,
    consumer: &str,
    id: &str,
    key: &str,
    headers: &Headers,
    payload: &[u8],
) -> Result<(), StoreError> {
    let now = work.now_us();
    let cause = messaging::get_header(headers, CAUSE).unwrap_or_default();
    let sql = "INSERT INTO timers (consumer, id, key, due_us, payload, cause) VALUES ($1, $2, $3, $4, $5, $6) \
               ON CONFLICT (consumer, id) DO NOTHING";
    work.execute(sql, params![consumer, id, key, now, String::from_utf8_lossy(payload).as_ref(), cause]).await.map(|_| ())
}
