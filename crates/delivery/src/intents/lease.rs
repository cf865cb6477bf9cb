//! Which calls are made next, and by whom.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use store::{Row, Store, StoreError, params};

use super::run::Executor;
use super::{Intent, IntentHandler};
use crate::dead::Attempt;

/// How long a lease is held beyond what the call may take.
const MARGIN_US: i64 = 5_000_000;
/// What another process wrote down, or had leased when it died, is looked for this often; what this process writes down is noticed at once.
const LOOK: Duration = Duration::from_secs(1);

/// A call that this process makes now.
pub(super) struct Leased<C> {
    pub(super) intent: Intent<C>,
    pub(super) history: Vec<Attempt>,
}

impl<H: IntentHandler> Executor<H> {
    /// Takes what is due, the first of each key only, and counts the try before it is made: after a crash it is known. All in one statement.
    /// Answers how long nothing else will be due as well, as far as is known here.
    pub(super) async fn lease(&self, room: usize, running: &HashSet<String>) -> Result<(Vec<Leased<H::Call>>, Duration), StoreError> {
        let now = self.setup.store.clock().now_us();
        let sql = "SELECT id, next_at_us FROM intents i WHERE kind = $1 AND leased_until_us <= $2 AND NOT EXISTS \
                   (SELECT 1 FROM intents b WHERE b.kind = i.kind AND b.key = i.key AND b.arrival < i.arrival) ORDER BY next_at_us LIMIT $3";
        let (mut due, mut idle) = (Vec::new(), LOOK);
        for row in self.setup.store.rows(sql, params![H::KIND, now, room as u64 + 1]).await? {
            let (id, at_us): (String, i64) = (row.get("id")?, row.get("next_at_us")?);
            if at_us > now {
                idle = Duration::from_micros(at_us.abs_diff(now)).min(LOOK);
                break;
            }
            if due.len() < room && !running.contains(&id) {
                due.push(id);
            }
        }
        if due.is_empty() {
            return Ok((Vec::new(), idle));
        }
        // Longer than the call may take: nobody else makes it meanwhile.
        let until = now.saturating_add(i64::try_from(self.setup.timeout.as_micros()).unwrap_or(i64::MAX / 4)).saturating_add(MARGIN_US);
        let mut order: HashMap<String, usize> = due.iter().cloned().zip(0..).collect();
        let rows = self
            .setup
            .store
            .write::<_, StoreError, _>(move |work| {
                Box::pin(async move {
                    let rows = due.iter().map(|id| params![id]).collect();
                    let sql = "UPDATE intents SET attempts = attempts + 1, leased_until_us = $1 WHERE leased_until_us <= $2 \
                               AND id IN (VALUES {rows}) RETURNING id, key, payload, cause, attempts, history";
                    work.over_rows(sql, "(?1)", params![until, now], rows).await
                })
            })
            .await?;
        let mut leased = Vec::with_capacity(rows.len());
        for row in &rows {
            match self.read(row) {
                Ok(readable) => leased.push(readable),
                Err(error) => self.bury_unreadable(row, &error).await?,
            }
        }
        leased.sort_by_key(|it| order.remove(&it.intent.id));
        Ok((leased, idle))
    }

    fn read(&self, row: &Row) -> Result<Leased<H::Call>, StoreError> {
        let refused = |column: &'static str| move |error: serde_json::Error| StoreError::Refused(format!("{column}: {error}"));
        let attempt = row.get("attempts")?;
        Ok(Leased {
            intent: Intent {
                id: row.get("id")?,
                key: row.get("key")?,
                call: serde_json::from_slice(&row.get::<Vec<u8>>("payload")?).map_err(refused("payload"))?,
                cause: serde_json::from_str(&row.get::<String>("cause")?).map_err(refused("cause"))?,
                attempt,
                last: attempt >= self.setup.policy.attempts,
            },
            history: serde_json::from_str(&row.get::<String>("history")?).map_err(refused("history"))?,
        })
    }
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
