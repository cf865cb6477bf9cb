//! Committing what a session wants done, until it is: again after a conflict, by lanes after a failure, later while the store is away.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use store::{Store, StoreError};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::batch::{Batch, Report, Run, Undone};
use super::session::Session;
use crate::dead;
use crate::policy::Mode;

/// Conflicts in a row before lanes are run apart.
pub(super) const CONFLICTS: u32 = 5;

/// Commits a batch; `false` = told to stop before it could.
pub(crate) async fn commit(session: &mut Session<'_>, batch: Batch, stop: &CancellationToken) -> Result<bool, StoreError> {
    session.setup.store.faults().point("consumer.before_commit").await;
    let batch = Arc::new(batch);
    session.handle.state.busy_since_us.store(session.setup.store.clock().now_us(), Ordering::Relaxed);
    let done = until_done(session, &batch, stop).await;
    session.handle.state.busy_since_us.store(0, Ordering::Relaxed);
    done
}

async fn until_done(session: &mut Session<'_>, batch: &Arc<Batch>, stop: &CancellationToken) -> Result<bool, StoreError> {
    let began = Instant::now();
    let (mut how, mut conflicts) = (Run::Optimistic, 0);
    let report = loop {
        match attempt(&session.setup.store, batch, how).await {
            Ok(report) => break report,
            Err(Undone::Failed { at, failure }) => {
                tracing::debug!(consumer = batch.actor, at, %failure, "running again, lane by lane");
                how = Run::ByLane;
            }
            Err(Undone::Store(StoreError::Conflict(error))) => {
                conflicts += 1;
                tracing::debug!(consumer = batch.actor, error, conflicts, "running again at once");
                if conflicts >= CONFLICTS {
                    how = Run::ByLane;
                    tokio::time::sleep(Duration::from_millis(u64::from(conflicts))).await;
                }
            }
            Err(Undone::Store(error @ StoreError::Fenced(_))) => return Err(error),
            Err(Undone::Store(StoreError::Refused(_))) if how == Run::Optimistic => how = Run::ByLane,
            Err(undone) => {
                if !pause(session, &undone.to_string(), stop).await {
                    return Ok(false);
                }
            }
        }
    };
    session.setup.store.faults().point("consumer.after_commit").await;
    session.breaker.reset();
    close_breaker(session);
    note(session, batch, &report, began);
    for (lane, due) in &report.parked {
        session.lanes.park(lane.clone(), *due);
    }
    session.handle.state.parked_lanes.store(session.lanes.len() as u64, Ordering::Relaxed);
    dead::announce(&session.setup.broker, report.dead);
    Ok(true)
}

async fn attempt(store: &Store, batch: &Arc<Batch>, how: Run) -> Result<Report, Undone> {
    let run =
        async |batch: Arc<Batch>, how| store.write::<_, Undone, _>(move |work| Box::pin(async move { batch.run(work, how).await })).await;
    let positions =
        async |batch: Arc<Batch>| store.write::<_, Undone, _>(move |work| Box::pin(async move { batch.positions(work).await })).await;
    match batch.consumer.policy.mode {
        Mode::ExactlyOnce => run(batch.clone(), how).await,
        Mode::AtLeastOnce => {
            let report = run(batch.clone(), how).await?;
            store.faults().point("mode.between_commits").await;
            positions(batch.clone()).await?;
            Ok(report)
        }
        Mode::AtMostOnce => {
            positions(batch.clone()).await?;
            store.faults().point("mode.between_commits").await;
            // From here on it is tried again only where nothing can have been done; what is not done then is lost.
            let report = match run(batch.clone(), how).await {
                Err(undone) if undone.is_undone() => run(batch.clone(), Run::ByLane).await,
                tried => tried,
            };
            Ok(report.unwrap_or_else(|undone| lose(batch, &undone)))
        }
    }
}

/// At most once: the position has passed them, and whether they were done is not known, or they can't be.
fn lose(batch: &Batch, undone: &Undone) -> Report {
    let events = batch.taken.len() as u64;
    tracing::warn!(consumer = batch.actor, events, error = %undone, "lost: this consumer is at-most-once");
    metrics::counter!("ensue_events_handled_total", "consumer" => batch.actor.clone(), "outcome" => "lost").increment(events);
    Report::default()
}

/// The breaker: everyone would fail, so nothing is tried and nothing is counted as an attempt.
pub(super) async fn pause(session: &mut Session<'_>, why: &str, stop: &CancellationToken) -> bool {
    if !session.handle.state.paused.swap(true, Ordering::Relaxed) {
        tracing::warn!(consumer = session.handle.name, why, "consumer pauses: breaker open");
        metrics::gauge!("ensue_consumer_paused", "consumer" => session.handle.name.clone()).set(1.0);
        crate::warn::breaker(&session.setup.store, &session.handle.name, why).await;
    }
    tokio::select! {
        () = session.breaker.wait() => true,
        () = stop.cancelled() => false,
    }
}

pub(super) fn close_breaker(session: &Session<'_>) {
    if session.handle.state.paused.swap(false, Ordering::Relaxed) {
        tracing::info!(consumer = session.handle.name, "consumer goes on: breaker closed");
        metrics::gauge!("ensue_consumer_paused", "consumer" => session.handle.name.clone()).set(0.0);
    }
}

fn note(session: &Session<'_>, batch: &Batch, report: &Report, began: Instant) {
    let state = &session.handle.state;
    let now_us = session.setup.store.clock().now_us();
    state.handled.fetch_add(report.handled, Ordering::Relaxed);
    state.failed.fetch_add(report.retried + report.dead.len() as u64, Ordering::Relaxed);
    state.dead.fetch_add(report.dead.len() as u64, Ordering::Relaxed);
    state.last_progress_us.store(now_us, Ordering::Relaxed);
    let consumer = &session.handle.name;
    for (outcome, count) in
        [("done", report.handled), ("retry", report.retried), ("dead", report.dead.len() as u64), ("skipped", report.skipped)]
    {
        if count > 0 {
            metrics::counter!("ensue_events_handled_total", "consumer" => consumer.clone(), "outcome" => outcome).increment(count);
        }
    }
    metrics::gauge!("ensue_parked_keys", "consumer" => consumer.clone()).set(session.lanes.len() as f64);
    if let Some(last) = batch.taken.last() {
        metrics::histogram!("ensue_handle_seconds", "consumer" => consumer.clone()).record(began.elapsed().as_secs_f64());
        let age = now_us.saturating_sub(last.envelope.time_us) as f64 / 1e6;
        metrics::histogram!("ensue_event_age_seconds", "consumer" => consumer.clone()).record(age.max(0.0));
    }
}

/// Tries a parked lane again.
pub(crate) async fn retry(session: &mut Session<'_>, lane: String, stop: &CancellationToken) -> Result<(), StoreError> {
    let batch = Arc::new(Batch {
        catalogue: session.setup.catalogue.clone(),
        consumer: session.consumer.clone(),
        actor: session.handle.name.clone(),
        door: None,
        advances: Vec::new(),
        cursors: Vec::new(),
        taken: Vec::new(),
        parked: Default::default(),
        strangers: Vec::new(),
    });
    let (shared, tried) = (batch.clone(), lane.clone());
    let result = session
        .setup
        .store
        .write::<_, Undone, _>(move |work| {
            Box::pin(async move {
                let mut report = Report::default();
                let next = shared.retry_lane(work, &tried, &mut report).await?;
                Ok((report, next))
            })
        })
        .await;
    match result {
        Ok((report, next)) => {
            session.breaker.reset();
            close_breaker(session);
            session.lanes.tried(&lane, next);
            note(session, &batch, &report, Instant::now());
            session.handle.state.parked_lanes.store(session.lanes.len() as u64, Ordering::Relaxed);
            dead::announce(&session.setup.broker, report.dead);
        }
        Err(Undone::Store(StoreError::Conflict(_))) => {}
        Err(Undone::Store(error @ StoreError::Fenced(_))) => return Err(error),
        Err(undone) => {
            pause(session, &undone.to_string(), stop).await;
        }
    }
    Ok(())
}
