//! Stuck detectors: what waits too long becomes a metric and a `system.warning`, raised once and cleared once; and the figures of every minute.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use catalogue::system::v1::{ConsumerMetrics, SystemMetrics};
use messaging::{Cause, headers, root_id};
use store::{Store, StoreError, params};
use tokio_util::sync::CancellationToken;

use crate::consumer::ConsumerHandle;
use crate::relay::RelayState;
use crate::warn::{self, warning};

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
    /// A consumer that is behind and settles nothing, or a gap that its owner does not fill.
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
#[derive(Debug)]
struct Finding {
    component: String,
    code: &'static str,
    waited: Duration,
    limit: Duration,
    what: String,
}

/// Component and code of what was raised and not cleared.
type Raised = BTreeSet<(String, String)>;

/// Watches until `stop`.
pub async fn run(watched: Watched, settings: WatchSettings, stop: CancellationToken) {
    let mut raised: Option<Raised> = None;
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
    async fn look(&self, settings: &WatchSettings, raised: &mut Option<Raised>) -> Result<(), StoreError> {
        let findings = self.findings(settings).await?;
        let raised = match raised {
            Some(raised) => raised,
            // What was raised before a restart is cleared after it.
            None => raised.insert(self.raised_before(&findings).await?),
        };
        for Finding { component, code, waited, limit, what } in findings {
            let which = (component.clone(), code.to_owned());
            let (is_over, was_raised) = (waited > limit, raised.contains(&which));
            if is_over && !was_raised {
                let message = format!("{what} for {} s", waited.as_secs());
                tracing::warn!(component, code, message, "stuck");
                warning(&self.store, &component, code, message, false).await?;
                raised.insert(which);
            } else if was_raised && !is_over {
                tracing::info!(component, code, "it goes on");
                warning(&self.store, &component, code, "it goes on".to_owned(), true).await?;
                raised.remove(&which);
            }
        }
        Ok(())
    }

    async fn raised_before(&self, findings: &[Finding]) -> Result<Raised, StoreError> {
        let mut raised = Raised::new();
        for component in findings.iter().map(|finding| &finding.component).collect::<BTreeSet<_>>() {
            let open = warn::open(&self.store, component).await?;
            raised.extend(open.into_keys().map(|code| (component.clone(), code)));
        }
        Ok(raised)
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

            let state = &consumer.state;
            let behind = state.lag() > 0 || state.is_paused();
            let idle = since(Some(state.last_progress_us()).filter(|_| behind));
            // Whoever hangs in a batch does not even know how far behind it is.
            let waited = idle.max(since(state.busy_since_us()));
            metrics::gauge!("ensue_consumer_stuck_seconds", "consumer" => consumer.name.clone()).set(waited.as_secs_f64());
            let what = format!("{} messages behind, nothing settled", state.lag());
            findings.push(Finding { component: consumer.name.clone(), code: "consumer_stuck", waited, limit: settings.progress, what });

            let waited = since(state.oldest_gap_us());
            metrics::gauge!("ensue_gap_oldest_seconds", "consumer" => consumer.name.clone()).set(waited.as_secs_f64());
            let what = "a gap is not filled: the owner of the log is silent".to_owned();
            findings.push(Finding { component: consumer.name.clone(), code: "owner_silent", waited, limit: settings.progress, what });
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
