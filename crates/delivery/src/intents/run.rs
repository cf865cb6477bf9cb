//! The executor of one kind of intent: leases what is due, calls, and settles.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use messaging::{Failure, Headers};
use store::{Row, Store, StoreError, Work, params};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use super::{Intent, IntentHandler};
use crate::dead::{self, Attempt, Letter, Reason};
use crate::policy::Policy;

/// What an executor is started with.
#[derive(Clone)]
pub struct IntentSetup {
    /// Its service's store.
    pub store: Store,
    /// Attempts and waits; `prefetch` is how many calls are made at a time.
    pub policy: Policy,
    /// How long one call may take.
    pub timeout: Duration,
}

/// How often due intents are looked for; a new one is noticed at once.
const TICK: Duration = Duration::from_millis(200);

struct Executor<H> {
    setup: IntentSetup,
    handler: H,
    actor: String,
}

/// Runs the executor until `stop`; a call that is being made is waited for.
pub async fn start<H: IntentHandler>(mut setup: IntentSetup, handler: H, stop: CancellationToken) {
    let actor = format!("{}-{}", setup.store.service(), H::KIND);
    setup.timeout = handler.limit().unwrap_or(setup.timeout);
    tracing::info!(consumer = actor, mode = "at-least-once", attempts = setup.policy.attempts, "intents");
    let executor = Arc::new(Executor { setup, handler, actor });
    let mut calls: JoinSet<()> = JoinSet::new();
    let mut running: HashMap<tokio::task::Id, String> = HashMap::new();
    loop {
        let poked = executor.setup.store.poked();
        let room = executor.setup.policy.prefetch.saturating_sub(running.len());
        if room > 0 {
            match executor.lease(room, &running).await {
                Ok(leased) => {
                    for row in leased {
                        let id = row.intent.id.clone();
                        let call = calls.spawn(executor.clone().make(row));
                        running.insert(call.id(), id);
                    }
                }
                Err(StoreError::Conflict(_)) => {}
                Err(error) => tracing::warn!(consumer = executor.actor, %error, "intents can't be read"),
            }
        }
        tokio::select! {
            Some(done) = calls.join_next_with_id(), if !calls.is_empty() => {
                // One that panicked has ended too: its lease runs out, and it is tried again.
                running.remove(&done.map_or_else(|panicked| panicked.id(), |(call, ())| call));
            }
            () = poked => {}
            () = tokio::time::sleep(TICK) => {}
            () = stop.cancelled() => break,
        }
    }
    while calls.join_next().await.is_some() {}
}

struct Leased<C> {
    intent: Intent<C>,
    history: Vec<Attempt>,
}

impl<H: IntentHandler> Executor<H> {
    /// Takes what is due, the first of each key only, and counts the try before it is made: after a crash it is known.
    async fn lease(&self, room: usize, running: &HashMap<tokio::task::Id, String>) -> Result<Vec<Leased<H::Call>>, StoreError> {
        let now = self.setup.store.clock().now_us();
        let sql = "SELECT id FROM intents i WHERE kind = $1 AND next_at_us <= $2 AND leased_until_us <= $2 AND NOT EXISTS \
                   (SELECT 1 FROM intents b WHERE b.kind = i.kind AND b.key = i.key AND b.arrival < i.arrival) ORDER BY next_at_us LIMIT $3";
        let rows = self.setup.store.rows(sql, params![H::KIND, now, room as u64]).await?;
        let due: Vec<String> = rows.iter().map(|row| row.get("id")).collect::<Result<_, _>>()?;
        let due: Vec<String> = due.into_iter().filter(|id| !running.values().any(|made| made == id)).collect();
        if due.is_empty() {
            return Ok(Vec::new());
        }
        // Longer than the call may take: nobody else makes it meanwhile.
        let until = now + i64::try_from(self.setup.timeout.as_micros()).unwrap_or(i64::MAX / 4) + 5_000_000;
        let rows = self
            .setup
            .store
            .write::<_, StoreError, _>(move |work| {
                Box::pin(async move {
                    let mut leased = Vec::new();
                    for id in due {
                        let sql = "UPDATE intents SET attempts = attempts + 1, leased_until_us = $1 WHERE id = $2 AND leased_until_us <= $3 \
                                   RETURNING id, key, payload, cause, attempts, history";
                        leased.extend(work.row(sql, params![until, &id, now]).await?);
                    }
                    Ok(leased)
                })
            })
            .await?;
        Ok(rows.iter().filter_map(|row| self.read(row)).collect())
    }

    fn read(&self, row: &Row) -> Option<Leased<H::Call>> {
        let read = || -> Result<Leased<H::Call>, StoreError> {
            let refused = |error: serde_json::Error| StoreError::Refused(error.to_string());
            let attempt = row.get("attempts")?;
            Ok(Leased {
                intent: Intent {
                    id: row.get("id")?,
                    key: row.get("key")?,
                    call: serde_json::from_slice(&row.get::<Vec<u8>>("payload")?).map_err(refused)?,
                    cause: serde_json::from_str(&row.get::<String>("cause")?).map_err(refused)?,
                    attempt,
                    last: attempt >= self.setup.policy.attempts,
                },
                history: serde_json::from_str(&row.get::<String>("history")?).map_err(refused)?,
            })
        };
        read().inspect_err(|error| tracing::error!(consumer = self.actor, %error, "an intent can't be read; it stays")).ok()
    }

    async fn make(self: Arc<Self>, leased: Leased<H::Call>) {
        self.setup.store.faults().point("intent.after_lease").await;
        let Leased { mut intent, history } = leased;
        let span = self.span(&intent);
        if !span.is_disabled() {
            intent.cause.trace = telemetry::TraceContext::of(&span);
        }
        let intent = Arc::new(intent);
        async {
            let called = tokio::time::timeout(self.setup.timeout, self.handler.call(&intent)).await;
            let answer = called.unwrap_or_else(|_| Err(Failure::retry(format!("no answer within {:?}", self.setup.timeout))));
            let settled = match answer {
                Ok(answer) => {
                    self.setup.store.faults().point("intent.after_call").await;
                    self.clone().settle(intent.clone(), answer).await
                }
                Err(failure) => Err(failure),
            };
            if let Err(failure) = settled {
                self.clone().failed(intent.clone(), history, failure).await;
            } else {
                metrics::counter!("ensue_events_handled_total", "consumer" => self.actor.clone(), "outcome" => "done").increment(1);
            }
        }
        .instrument(span)
        .await;
    }

    fn span(&self, intent: &Intent<H::Call>) -> tracing::Span {
        if !intent.cause.trace.is_sampled() {
            return tracing::Span::none();
        }
        let span = tracing::info_span!(
            "call",
            otel.name = format!("call {}", H::KIND),
            otel.kind = "client",
            ensue.service = self.setup.store.service(),
            ensue.correlation_id = intent.cause.correlation_id,
            ensue.consumer = self.actor,
            ensue.attempt = intent.attempt,
            ensue.key = intent.key,
        );
        intent.cause.trace.adopt(&span);
        span
    }

    async fn settle(self: Arc<Self>, intent: Arc<Intent<H::Call>>, answer: H::Answer) -> Result<(), Failure> {
        let answer = Arc::new(answer);
        loop {
            let (this, settled, answer) = (self.clone(), intent.clone(), answer.clone());
            let result: Result<(), Failure> = self
                .setup
                .store
                .write(move |work| {
                    Box::pin(async move {
                        if ended(work, &settled).await? {
                            this.handler.settle(&settled, &answer, work).await?;
                        }
                        Ok(())
                    })
                })
                .await;
            match result {
                // The outside world has done it: it is only to be written down.
                Err(Failure::Unavailable { error }) => {
                    tracing::warn!(consumer = self.actor, intent = intent.id, error, "an answer waits for the store");
                    tokio::time::sleep(Duration::from_millis(500)).await;
                }
                other => return other,
            }
        }
    }

    async fn failed(self: Arc<Self>, intent: Arc<Intent<H::Call>>, mut history: Vec<Attempt>, failure: Failure) {
        let policy = &self.setup.policy;
        let error = failure.to_string();
        tracing::warn!(
            consumer = self.actor,
            intent = intent.id,
            key = intent.key,
            attempt = intent.attempt,
            error,
            correlation_id = intent.cause.correlation_id,
            trace_id = intent.cause.trace.trace_id(),
            "call failed"
        );
        let now = self.setup.store.clock().now_us();
        history.push(Attempt { at_us: now, error: error.clone() });
        let reason = match &failure {
            Failure::Dead { .. } => Some(Reason::Rejected),
            Failure::Retry { .. } if intent.attempt >= policy.attempts => Some(Reason::Exhausted),
            _ => None,
        };
        let wait = match &failure {
            Failure::Retry { after: Some(after), .. } => i64::try_from(after.as_micros()).unwrap_or(i64::MAX / 4),
            _ => policy.wait_after_us(intent.attempt),
        };
        let counts = !matches!(failure, Failure::Unavailable { .. });
        let this = self.clone();
        let written: Result<(), Failure> = self
            .setup
            .store
            .write(move |work| {
                Box::pin(async move {
                    match reason {
                        Some(reason) => this.bury(work, &intent, history, reason, &error).await,
                        None => Ok(again(work, &intent, &history, now + wait, counts).await?),
                    }
                })
            })
            .await;
        let outcome = if reason.is_some() { "dead" } else { "retry" };
        metrics::counter!("ensue_events_handled_total", "consumer" => self.actor.clone(), "outcome" => outcome).increment(1);
        if let Err(failure) = written {
            // The lease runs out, and it is tried again.
            tracing::warn!(consumer = self.actor, %failure, "a failed call can't be written down");
        }
    }

    async fn bury(
        &self,
        work: &mut Work,
        intent: &Intent<H::Call>,
        history: Vec<Attempt>,
        reason: Reason,
        error: &str,
    ) -> Result<(), Failure> {
        let row = work.row("SELECT payload FROM intents WHERE id = $1 AND attempts = $2", params![&intent.id, intent.attempt]).await?;
        let Some(row) = row else { return Ok(()) };
        let payload: Vec<u8> = row.get("payload")?;
        let headers: Headers = vec![
            ("ensue-intent-key".into(), intent.key.clone()),
            ("ensue-intent-cause".into(), serde_json::to_string(&intent.cause).unwrap_or_default()),
        ];
        if !ended(work, intent).await? {
            return Ok(());
        }
        let subject = format!("intents.{}", H::KIND);
        let mut letter = Letter::foreign(&self.actor, &intent.id, &subject, &headers, &payload);
        letter.type_ = H::KIND;
        letter.key = &intent.key;
        letter.reason = reason;
        letter.attempts = history;
        error.clone_into(&mut letter.error);
        letter.cause = intent.cause.clone();
        dead::write(work, letter).await?;
        self.handler.give_up(intent, error, work).await.map(|_| ())
    }
}

/// Ends the intent if this try still is the one that counts.
async fn ended<C>(work: &mut Work, intent: &Intent<C>) -> Result<bool, StoreError> {
    Ok(work.execute("DELETE FROM intents WHERE id = $1 AND attempts = $2", params![&intent.id, intent.attempt]).await? > 0)
}

async fn again<C>(work: &mut Work, intent: &Intent<C>, history: &[Attempt], next_at_us: i64, counts: bool) -> Result<(), StoreError> {
    let history = serde_json::to_string(history).map_err(|error| StoreError::Refused(error.to_string()))?;
    let attempts = if counts { intent.attempt } else { intent.attempt.saturating_sub(1) };
    let sql = "UPDATE intents SET attempts = $1, history = $2, next_at_us = $3, leased_until_us = 0 WHERE id = $4 AND attempts = $5";
    work.execute(sql, params![attempts, history, next_at_us, &intent.id, intent.attempt]).await.map(|_| ())
}

/// A process that was killed holds leases: on SQLite nobody else can have them, so they end at the start.
pub async fn release_all(store: &Store) -> Result<(), StoreError> {
    store
        .write(|work| {
            Box::pin(async move {
                work.execute("UPDATE intents SET leased_until_us = 0 WHERE leased_until_us > 0", params![]).await.map(|_| ())
            })
        })
        .await
}
