//! Stuck detectors: what waits too long becomes a metric and a `system.warning`, raised once and cleared once; and the figures of every minute.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use contracts::system::v1::{ConsumerMetrics, SystemMetrics};
use messaging::{Cause, headers, root_id};
use store::{Store, StoreError, params};
use tokio_util::sync::CancellationToken;

use crate::consumer::ConsumerHandle;
use crate::relay::RelayState;
use crate::warn::warning;

/// When waiting is too long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchSettings {
    /// How often to look.
    pub every: Duration,
    /// The oldest message that the broker does not have.
    pub unpublished: Duration,
    /// The oldest parked event.
    pub parked: Duration,
    /// A saga in flight that nothing happens to.
    pub saga: Duration,
    /// A consumer that is behind and settles nothing.
    pub progress: Duration,
    /// How often `system.metrics` is sent.
    pub metrics: Duration,
}

impl Default for WatchSettings {
    fn default() -> Self {
        Self {
            every: Duration::from_secs(2),
            unpublished: Duration::from_secs(30),
            parked: Duration::from_secs(300),
            saga: Duration::from_secs(300),
            progress: Duration::from_secs(60),
            metrics: Duration::from_secs(60),
        }
    }
}

/// What is watched: one service.
pub struct Watched {
    /// Its store.
    pub store: Store,
    /// Its relay.
    pub relay: Arc<RelayState>,
    /// Its consumers.
    pub consumers: Vec<ConsumerHandle>,
}

/// Something that waits, how long, and how long it may.
struct Finding {
    component: String,
    code: &'static str,
    waited: Duration,
    limit: Duration,
    what: String,
}

/// Watches until `stop`.
pub async fn run(watched: Watched, settings: WatchSettings, stop: CancellationToken) {
    let mut raised: HashMap<(String, &'static str), String> = HashMap::new();
    let mut last = HashMap::new();
    let mut look = tokio::time::interval(settings.every);
    let mut report = tokio::time::interval_at(tokio::time::Instant::now() + settings.metrics, settings.metrics);
    loop {
        let result = tokio::select! {
            _ = look.tick() => watched.look(&settings, &mut raised).await,
            _ = report.tick() => watched.report(&settings, &mut last).await,
            () = stop.cancelled() => return,
        };
        if let Err(error) = result {
            tracing::debug!(service = watched.store.service(), %error, "can't watch while the store is away");
        }
    }
}

impl Watched {
    async fn look(&self, settings: &WatchSettings, raised: &mut HashMap<(String, &'static str), String>) -> Result<(), StoreError> {
        let mut over: Vec<((String, &'static str), String)> = Vec::new();
        for finding in self.findings(settings).await? {
            if finding.waited > finding.limit {
                over.push(((finding.component, finding.code), format!("{} for {} s", finding.what, finding.waited.as_secs())));
            }
        }
        for (which, message) in &over {
            if !raised.contains_key(which) {
                tracing::warn!(component = which.0, code = which.1, message, "stuck");
                warning(&self.store, &which.0, which.1, message.clone(), false).await?;
                raised.insert(which.clone(), message.clone());
            }
        }
        let cleared: Vec<_> = raised.keys().filter(|which| !over.iter().any(|(still, _)| still == *which)).cloned().collect();
        for which in cleared {
            warning(&self.store, &which.0, which.1, "it goes on".to_owned(), true).await?;
            raised.remove(&which);
        }
        Ok(())
    }

    async fn findings(&self, settings: &WatchSettings) -> Result<Vec<Finding>, StoreError> {
        let now = self.store.clock().now_us();
        let service = self.store.service().to_owned();
        let since = |at: Option<i64>| at.map_or(Duration::ZERO, |at| Duration::from_micros(u64::try_from(now - at).unwrap_or(0)));
        let mut findings = Vec::new();

        let waited = since(self.relay.oldest_unpublished_us());
        metrics::gauge!("ensue_relay_unpublished", "service" => service.clone()).set(self.relay.unpublished() as f64);
        metrics::gauge!("ensue_relay_oldest_seconds", "service" => service.clone()).set(waited.as_secs_f64());
        let what = "messages wait for the broker".to_owned();
        findings.push(Finding { component: service.clone(), code: "relay_stuck", waited, limit: settings.unpublished, what });

        let rows = self.store.rows("SELECT consumer, MIN(parked_at_us) AS at FROM parked GROUP BY consumer", params![]).await?;
        let mut parked: HashMap<String, i64> = HashMap::new();
        for row in rows {
            parked.insert(row.get("consumer")?, row.get("at")?);
        }
        for consumer in &self.consumers {
            let waited = since(parked.get(&consumer.name).copied());
            metrics::gauge!("ensue_parked_oldest_seconds", "consumer" => consumer.name.clone()).set(waited.as_secs_f64());
            let what = "an event is parked".to_owned();
            findings.push(Finding { component: consumer.name.clone(), code: "parked_old", waited, limit: settings.parked, what });

            let progress = consumer.state.last_progress_us.load(Ordering::Relaxed);
            let behind = consumer.state.lag() > 0 || consumer.state.is_paused();
            let waited = if behind && progress > 0 { since(Some(progress)) } else { Duration::ZERO };
            let what = format!("{} messages behind, nothing settled", consumer.state.lag());
            findings.push(Finding { component: consumer.name.clone(), code: "consumer_stuck", waited, limit: settings.progress, what });
        }

        let sql = "SELECT COUNT(*) AS count, MIN(updated_at_us) AS at FROM sagas WHERE state IN ('running', 'compensating')";
        if let Some(row) = self.store.row(sql, params![]).await? {
            let waited = since(row.get("at")?);
            metrics::gauge!("ensue_sagas_in_flight", "service" => service.clone()).set(row.get::<i64>("count")? as f64);
            metrics::gauge!("ensue_saga_oldest_seconds", "service" => service.clone()).set(waited.as_secs_f64());
            findings.push(Finding {
                component: service,
                code: "saga_stuck",
                waited,
                limit: settings.saga,
                what: "a saga makes no progress".to_owned(),
            });
        }
        Ok(findings)
    }

    /// `system.metrics`: what the consumers did since the last report.
    async fn report(&self, settings: &WatchSettings, last: &mut HashMap<String, (u64, u64)>) -> Result<(), StoreError> {
        let seconds = settings.metrics.as_secs_f64();
        let consumers = self
            .consumers
            .iter()
            .map(|consumer| {
                let (handled, failed) = (consumer.state.handled(), consumer.state.failed());
                let before = last.insert(consumer.name.clone(), (handled, failed)).unwrap_or_default();
                ConsumerMetrics {
                    consumer: consumer.name.clone(),
                    handled_per_second: handled.saturating_sub(before.0) as f64 / seconds,
                    errors: failed.saturating_sub(before.1),
                    lag: consumer.state.lag(),
                    parked_keys: consumer.state.parked_keys(),
                    dead_letters: consumer.state.dead(),
                }
            })
            .collect();
        let published = self.relay.published();
        let before = last.insert(String::new(), (published, 0)).unwrap_or_default().0;
        let mut event = SystemMetrics {
            component: self.store.service().to_owned(),
            consumers,
            unpublished: self.relay.unpublished() as u64,
            published_per_second: published.saturating_sub(before) as f64 / seconds,
            at: None,
        };
        self.store
            .write(move |work| {
                Box::pin(async move {
                    event.at = Some(headers::timestamp(work.now_us()));
                    work.emit(&Cause::root(root_id()), &event);
                    Ok(())
                })
            })
            .await
    }
}
