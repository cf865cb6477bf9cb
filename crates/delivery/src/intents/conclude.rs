//! What came of calls, written down: answers, tries that failed, and the end of trying.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use catalogue::platform::v1::DeadLetterAnnounced;
use messaging::{Failure, Headers};
use store::{StoreError, Work, params};

use super::run::Executor;
use super::{Intent, IntentHandler};
use crate::dead::{self, Attempt, Letter, Reason};

/// How long to wait for a store that is away.
const AWAY: Duration = Duration::from_millis(500);
/// Conflicts in a row before one counts as a failure.
const CONFLICTS: u32 = 5;

/// A call that was made, and what came of it.
pub(super) struct Answered<H: IntentHandler> {
    pub(super) intent: Intent<H::Call>,
    pub(super) history: Vec<Attempt>,
    pub(super) answer: Result<H::Answer, Failure>,
}

/// What becomes of a try that failed.
enum Next {
    /// Another try, at this time; whether this one counts.
    Again { at_us: i64, counts: bool },
    /// None.
    Bury(Reason),
}

/// Why nothing was written down.
#[derive(Debug, thiserror::Error)]
enum Unwritten {
    #[error("{0}")]
    Store(#[from] StoreError),
    #[error("{0}")]
    Handler(#[from] Failure),
}

impl Unwritten {
    fn into_failure(self) -> Failure {
        match self {
            Self::Store(error) => error.into(),
            Self::Handler(failure) => failure,
        }
    }
}

impl<H: IntentHandler> Executor<H> {
    /// Writes many down in one unit of work; if that fails, each in one of its own.
    pub(super) async fn conclude_all(self: &Arc<Self>, batch: Vec<Arc<Answered<H>>>) {
        if batch.len() > 1 {
            match self.write(&batch).await {
                Ok(()) => return,
                Err(failure) => tracing::debug!(consumer = self.actor, %failure, answers = batch.len(), "one by one"),
            }
        }
        for answered in batch {
            self.conclude(answered).await;
        }
    }

    /// Writes one down. An answer that cannot be is a try that failed.
    pub(super) async fn conclude(self: &Arc<Self>, answered: Arc<Answered<H>>) {
        let Err(failure) = self.write(std::slice::from_ref(&answered)).await else { return };
        if answered.answer.is_ok() {
            let Answered { intent, history, .. } = &*answered;
            let failed = Answered { intent: intent.clone(), history: history.clone(), answer: Err(failure) };
            let Err(failure) = self.write(&[Arc::new(failed)]).await else { return };
            tracing::warn!(consumer = self.actor, intent = intent.id, %failure, "a failed call can't be written down");
        } else {
            // The lease runs out, and it is tried again.
            tracing::warn!(consumer = self.actor, intent = answered.intent.id, %failure, "a failed call can't be written down");
        }
    }

    /// One unit of work, until it is committed or makes no sense. The outside world has done its part: a store that is away is waited for.
    async fn write(self: &Arc<Self>, batch: &[Arc<Answered<H>>]) -> Result<(), Failure> {
        let next: Arc<Vec<Option<Next>>> = Arc::new(batch.iter().map(|answered| self.next(answered)).collect());
        let mut conflicts = 0;
        loop {
            let (this, batch, next) = (self.clone(), batch.to_vec(), next.clone());
            let written: Result<Vec<DeadLetterAnnounced>, Unwritten> =
                self.setup.store.write(move |work| Box::pin(async move { this.unit(&batch, &next, work).await })).await;
            match written {
                Ok(dead) => {
                    dead::announce(&self.setup.broker, dead);
                    break;
                }
                Err(Unwritten::Store(StoreError::Conflict(error))) if conflicts < CONFLICTS => {
                    conflicts += 1;
                    tracing::debug!(consumer = self.actor, error, conflicts, "settling again at once");
                }
                Err(unwritten) => match unwritten.into_failure() {
                    Failure::Unavailable { error } => {
                        tracing::warn!(consumer = self.actor, error, "answers wait for the store");
                        tokio::time::sleep(AWAY).await;
                    }
                    failure => return Err(failure),
                },
            }
        }
        for (answered, next) in batch.iter().zip(next.iter()) {
            self.note(answered, next.as_ref());
        }
        Ok(())
    }

    async fn unit(
        &self,
        batch: &[Arc<Answered<H>>],
        next: &[Option<Next>],
        work: &mut Work,
    ) -> Result<Vec<DeadLetterAnnounced>, Unwritten> {
        let mut dead = Vec::new();
        let answers: Vec<_> = batch.iter().filter_map(|it| it.answer.as_ref().ok().map(|answer| (&it.intent, answer))).collect();
        let ended = ended(work, answers.iter().map(|(intent, _)| *intent)).await?;
        let counting: Vec<_> = answers.into_iter().filter(|(intent, _)| ended.contains(&intent.id)).collect();
        match counting.as_slice() {
            [] => {}
            [(intent, answer)] => drop(self.handler.settle(intent, answer, work).await?),
            many => drop(self.handler.settle_all(many, work).await?),
        }
        for (answered, next) in batch.iter().zip(next) {
            let (Some(next), Err(failure)) = (next, &answered.answer) else { continue };
            let Answered { intent, history, .. } = &**answered;
            let error = failure.to_string();
            let mut history = history.clone();
            history.push(Attempt::new(work.now_us(), &error));
            match next {
                Next::Again { at_us, counts } => again(work, intent, &history, *at_us, *counts).await?,
                Next::Bury(reason) => dead.extend(self.bury(work, intent, history, *reason, &error).await?),
            }
        }
        Ok(dead)
    }

    /// Decided once: a unit of work may be run again.
    fn next(&self, answered: &Answered<H>) -> Option<Next> {
        let (policy, attempt) = (&self.setup.policy, answered.intent.attempt);
        let failure = answered.answer.as_ref().err()?;
        let wait = match failure {
            Failure::Dead { .. } => return Some(Next::Bury(Reason::Rejected)),
            Failure::Retry { .. } if attempt >= policy.attempts => return Some(Next::Bury(Reason::Exhausted)),
            Failure::Retry { after: Some(after), .. } => i64::try_from(after.as_micros()).unwrap_or(i64::MAX / 4),
            _ => policy.wait_after_us(attempt),
        };
        let at_us = self.setup.store.clock().now_us().saturating_add(wait);
        Some(Next::Again { at_us, counts: !matches!(failure, Failure::Unavailable { .. }) })
    }

    async fn bury(
        &self,
        work: &mut Work,
        intent: &Intent<H::Call>,
        history: Vec<Attempt>,
        reason: Reason,
        error: &str,
    ) -> Result<Option<DeadLetterAnnounced>, Unwritten> {
        let row = work.row("SELECT payload FROM intents WHERE id = $1 AND attempts = $2", params![&intent.id, intent.attempt]).await?;
        let Some(row) = row else { return Ok(None) };
        let payload: Vec<u8> = row.get("payload")?;
        let headers = headers(&intent.key, serde_json::to_string(&intent.cause).unwrap_or_default());
        if ended(work, [intent]).await?.is_empty() {
            return Ok(None);
        }
        let subject = format!("intents.{}", H::KIND);
        let mut letter = Letter::foreign(&self.actor, &intent.id, &subject, &headers, &payload);
        letter.type_ = H::KIND;
        letter.key = &intent.key;
        letter.reason = reason;
        letter.attempts = history;
        error.clone_into(&mut letter.error);
        letter.cause = intent.cause.clone();
        let announced = dead::write(work, letter).await?;
        self.handler.give_up(intent, error, work).await?;
        Ok(Some(announced))
    }

    fn note(&self, answered: &Answered<H>, next: Option<&Next>) {
        let intent = &answered.intent;
        if let Err(failure) = &answered.answer {
            tracing::warn!(
                consumer = self.actor,
                intent = intent.id,
                key = intent.key,
                attempt = intent.attempt,
                error = %failure,
                correlation_id = intent.cause.correlation_id,
                trace_id = intent.cause.trace.trace_id(),
                "call failed"
            );
        }
        let outcome = match next {
            None => "done",
            Some(Next::Again { .. }) => "retry",
            Some(Next::Bury(_)) => "dead",
        };
        metrics::counter!("ensue_events_handled_total", "consumer" => self.actor.clone(), "outcome" => outcome).increment(1);
    }
}

/// What a letter about an intent carries beside its payload.
pub(super) fn headers(key: &str, cause: String) -> Headers {
    vec![("ensue-intent-key".into(), key.to_owned()), ("ensue-intent-cause".into(), cause)]
}

/// Ends those of which this try still is the one that counts; answers their ids.
async fn ended<'a, C: 'a>(work: &mut Work, intents: impl IntoIterator<Item = &'a Intent<C>>) -> Result<HashSet<String>, StoreError> {
    let mut by_attempt: BTreeMap<u32, Vec<store::Params>> = BTreeMap::new();
    for intent in intents {
        by_attempt.entry(intent.attempt).or_default().push(params![&intent.id]);
    }
    let mut ended = HashSet::new();
    for (attempt, rows) in by_attempt {
        let sql = "DELETE FROM intents WHERE attempts = $1 AND id IN (VALUES {rows}) RETURNING id";
        for row in work.over_rows(sql, "(?1)", params![attempt], rows).await? {
            ended.insert(row.get("id")?);
        }
    }
    Ok(ended)
}

async fn again<C>(work: &mut Work, intent: &Intent<C>, history: &[Attempt], next_at_us: i64, counts: bool) -> Result<(), StoreError> {
    let history = serde_json::to_string(history).map_err(|error| StoreError::Refused(error.to_string()))?;
    let attempts = if counts { intent.attempt } else { intent.attempt.saturating_sub(1) };
    let sql = "UPDATE intents SET attempts = $1, history = $2, next_at_us = $3, leased_until_us = 0 WHERE id = $4 AND attempts = $5";
    work.execute(sql, params![attempts, history, next_at_us, &intent.id, intent.attempt]).await.map(|_| ())
}
