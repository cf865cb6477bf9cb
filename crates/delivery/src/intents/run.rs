//! The executor of one kind of intent: leases what is due, calls, and has it settled.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use messaging::{Broker, Failure};
use store::{Store, StoreError};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use super::conclude::Answered;
use super::lease::Leased;
use super::{Intent, IntentHandler};
use crate::panics::caught;
use crate::policy::Policy;

/// What an executor is started with.
#[derive(Clone)]
pub struct IntentSetup {
    /// Its service's store.
    pub store: Store,
    /// Where dead letters are announced.
    pub broker: Arc<dyn Broker>,
    /// Attempts and waits; `prefetch` is how many calls are made at a time.
    pub policy: Policy,
    /// How long one call may take.
    pub timeout: Duration,
}

pub(super) struct Executor<H> {
    pub(super) setup: IntentSetup,
    pub(super) handler: H,
    pub(super) actor: String,
}

/// An answer, and who waits until it is written down.
type Settling<H> = (Arc<Answered<H>>, oneshot::Sender<()>);

/// Runs the executor until `stop`; a call that is being made is waited for.
pub async fn start<H: IntentHandler>(mut setup: IntentSetup, handler: H, stop: CancellationToken) {
    let actor = format!("{}-{}", setup.store.service(), H::KIND);
    setup.timeout = handler.limit().unwrap_or(setup.timeout);
    tracing::info!(consumer = actor, mode = "at-least-once", attempts = setup.policy.attempts, "intents");
    let executor = Arc::new(Executor { setup, handler, actor });
    let (settling, answers) = mpsc::channel(executor.setup.policy.prefetch.max(1));
    let settler = tokio::spawn(executor.clone().settler(answers));
    let mut calls: JoinSet<()> = JoinSet::new();
    let mut running = Running::default();
    loop {
        let poked = executor.setup.store.poked(H::KIND);
        let room = executor.setup.policy.prefetch.saturating_sub(calls.len());
        let mut wait = None;
        if room > 0 {
            match executor.lease(room, &running.ids).await {
                Ok((leased, idle)) => {
                    wait = Some(idle).filter(|_| leased.len() < room);
                    for row in leased {
                        let id = row.intent.id.clone();
                        running.add(calls.spawn(executor.clone().make(row, settling.clone())).id(), id);
                    }
                }
                // Somebody else was faster with some of them.
                Err(StoreError::Conflict(_)) => wait = Some(Duration::ZERO),
                Err(error) => tracing::warn!(consumer = executor.actor, %error, "intents can't be read"),
            }
        }
        tokio::select! {
            Some(done) = calls.join_next_with_id(), if !calls.is_empty() => {
                // One that panicked has ended too: its lease runs out, and it is tried again.
                running.remove(done.map_or_else(|panicked| panicked.id(), |(call, ())| call));
                // Those that were settled together.
                while let Some(done) = calls.try_join_next_with_id() {
                    running.remove(done.map_or_else(|panicked| panicked.id(), |(call, ())| call));
                }
            }
            () = poked => {}
            () = tokio::time::sleep(wait.unwrap_or(Duration::from_secs(1))) => {}
            () = stop.cancelled() => break,
        }
    }
    while calls.join_next().await.is_some() {}
    drop(settling);
    // It ends with the last who could send to it; what panicked there is logged there.
    let _ = settler.await;
}

/// The calls that are being made.
#[derive(Default)]
struct Running {
    ids: HashSet<String>,
    by_task: HashMap<tokio::task::Id, String>,
}

impl Running {
    fn add(&mut self, task: tokio::task::Id, id: String) {
        self.ids.insert(id.clone());
        self.by_task.insert(task, id);
    }

    fn remove(&mut self, task: tokio::task::Id) {
        if let Some(id) = self.by_task.remove(&task) {
            self.ids.remove(&id);
        }
    }
}

impl<H: IntentHandler> Executor<H> {
    /// Makes one call, and ends when what came of it is written down.
    async fn make(self: Arc<Self>, leased: Leased<H::Call>, settling: mpsc::Sender<Settling<H>>) {
        self.setup.store.faults().point("intent.after_lease").await;
        let Leased { mut intent, history } = leased;
        let span = self.span(&intent);
        if !span.is_disabled() {
            intent.cause.trace = telemetry::TraceContext::of(&span);
        }
        async {
            let called = tokio::time::timeout(self.setup.timeout, caught(self.handler.call(&intent))).await;
            let answer = called.unwrap_or_else(|_| Err(Failure::retry(format!("no answer within {:?}", self.setup.timeout))));
            if answer.is_ok() {
                self.setup.store.faults().point("intent.after_call").await;
            }
            let answered = Arc::new(Answered { intent, history, answer });
            if self.handler.together() <= 1 {
                return self.conclude(answered).await;
            }
            let (written, settled) = oneshot::channel();
            if settling.send((answered, written)).await.is_ok() {
                let _ = settled.await;
            }
        }
        .instrument(span)
        .await;
    }

    /// Writes down together what came while the answers before were being committed.
    async fn settler(self: Arc<Self>, mut answers: mpsc::Receiver<Settling<H>>) {
        let mut batch: Vec<Settling<H>> = Vec::new();
        while answers.recv_many(&mut batch, self.handler.together()).await > 0 {
            let (answered, waiting): (Vec<_>, Vec<_>) = batch.drain(..).unzip();
            self.conclude_all(answered).await;
            for written in waiting {
                let _ = written.send(());
            }
        }
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
}
