//! Forgetting: what was kept only to tell a repeat goes when no repeat can come any more, a few rows at a time.

use std::time::Duration;

use store::{Params, Store, StoreError, params};
use tokio_util::sync::CancellationToken;

/// Rows of one commit: nobody waits long behind it.
const STEP: u32 = 1_000;

/// How long what is remembered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrimSettings {
    /// How often to look.
    pub every: Duration,
    /// Answers by request id: a caller that asks again later is a new one.
    pub requests: Duration,
    /// Undone before done: longer than streams keep a message, so that no late do comes from there. While the do is an open dead letter
    /// the tombstone stays.
    pub tombstones: Duration,
}

impl Default for TrimSettings {
    fn default() -> Self {
        let month = Duration::from_secs(30 * 24 * 3600);
        Self { every: Duration::from_secs(3600), requests: month, tombstones: month }
    }
}

/// Trims until `stop`. Several processes of one service may.
pub async fn run(store: Store, settings: TrimSettings, stop: CancellationToken) {
    let mut look = tokio::time::interval(settings.every);
    look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = look.tick() => {}
            () = stop.cancelled() => return,
        }
        tokio::select! {
            trimmed = once(&store, &settings) => match trimmed {
                Ok(0) => {}
                Ok(rows) => tracing::info!(service = store.service(), rows, "trimmed"),
                Err(error) => tracing::debug!(service = store.service(), %error, "can't trim while the store is away"),
            },
            () = stop.cancelled() => return,
        }
    }
}

/// One round over everything; answers how many rows went.
pub async fn once(store: &Store, settings: &TrimSettings) -> Result<u64, StoreError> {
    let now = store.clock().now_us();
    let before = |age: Duration| now.saturating_sub(i64::try_from(age.as_micros()).unwrap_or(i64::MAX));
    let requests = "DELETE FROM requests WHERE (method, request_id) IN \
                    (SELECT method, request_id FROM requests WHERE at_us < $1 ORDER BY at_us LIMIT $2)";
    let inbox = "DELETE FROM inbox WHERE (consumer, id) IN (SELECT consumer, id FROM inbox WHERE until_us < $1 ORDER BY until_us LIMIT $2)";
    let tombstones = "DELETE FROM tombstones WHERE (type, key) IN (SELECT t.type, t.key FROM tombstones t WHERE t.at_us < $1 AND NOT EXISTS \
                      (SELECT 1 FROM dead_letters d WHERE d.type = t.type AND d.key = t.key AND d.state = 'open') ORDER BY t.at_us LIMIT $2)";
    let mut rows = 0;
    for (sql, before) in [(requests, before(settings.requests)), (inbox, now), (tombstones, before(settings.tombstones))] {
        rows += in_steps(store, sql, before).await?;
    }
    Ok(rows)
}

async fn in_steps(store: &Store, sql: &'static str, before_us: i64) -> Result<u64, StoreError> {
    let mut rows = 0;
    loop {
        let params: Params = params![before_us, STEP];
        let step = store.write::<_, StoreError, _>(move |work| Box::pin(async move { work.execute(sql, params).await })).await?;
        rows += step;
        if step < u64::from(STEP) {
            return Ok(rows);
        }
    }
}
