//! Trying a parked lane again, in the order in which its events arrived.

use catalogue::Kind;
use messaging::Failure;
use store::{Work, params};

use super::batch::{Batch, Report, Undone};
use super::parked::{self, Parked};
use crate::dead::{Attempt, Reason};

impl Batch {
    /// Tries a parked lane again, from its first event on. Answers when the lane is due next; `None` = it is free.
    pub(crate) async fn retry_lane(&self, work: &mut Work, lane: &str, report: &mut Report) -> Result<Option<i64>, Undone> {
        const AT_ONCE: u32 = 100;
        let waiting = parked::of_lane(work, &self.consumer, &self.actor, lane, AT_ONCE).await?;
        let now = work.now_us();
        for mut event in waiting {
            match self.lane(work, &[&event.taken]).await? {
                None => {
                    parked::leave(work, &self.actor, &event.taken.envelope.id).await?;
                    report.handled += 1;
                }
                Some((_, failure)) => {
                    if let Some(due) = self.fail_again(work, &mut event, failure, report).await? {
                        return Ok(Some(due));
                    }
                }
            }
        }
        // What is behind a dead letter stays until somebody decides; what is more than a handful comes next time.
        let left = work
            .row("SELECT state FROM parked WHERE consumer = $1 AND lane = $2 ORDER BY arrival LIMIT 1", params![&self.actor, lane])
            .await?;
        match left {
            None => Ok(None),
            Some(row) if row.get::<String>("state")? == "dead" => Ok(Some(i64::MAX)),
            Some(_) => Ok(Some(now)),
        }
    }

    /// `Some(due)` = the lane goes on waiting; `None` = the event is out of the way.
    async fn fail_again(&self, work: &mut Work, event: &mut Parked, failure: Failure, report: &mut Report) -> Result<Option<i64>, Undone> {
        let policy = &self.consumer.policy;
        let error = failure.to_string();
        event.attempts += 1;
        event.history.push(Attempt::new(work.now_us(), &error));
        let reason = match &failure {
            Failure::Dead { .. } => Some(self.reason_of_death(&event.taken)),
            _ if event.attempts >= policy.attempts => Some(Reason::Exhausted),
            _ => None,
        };
        let Some(reason) = reason else {
            let after = match failure {
                Failure::Retry { after: Some(after), .. } => i64::try_from(after.as_micros()).unwrap_or(i64::MAX),
                _ => policy.wait_after_us(event.attempts),
            };
            let due = work.now_us().saturating_add(after);
            tracing::warn!(
                consumer = self.actor,
                event_id = event.taken.envelope.id,
                event_type = event.taken.envelope.type_,
                lane = event.lane,
                attempts = event.attempts,
                error,
                "failed again"
            );
            parked::failed_again(work, &self.actor, event, Some(due)).await?;
            report.retried += 1;
            return Ok(Some(due));
        };
        self.bury(work, &event.taken, reason, event.history.clone(), &error, report).await?;
        if event.taken.envelope.kind == Kind::Command {
            parked::leave(work, &self.actor, &event.taken.envelope.id).await?;
            return Ok(None);
        }
        parked::failed_again(work, &self.actor, event, None).await?;
        Ok(Some(i64::MAX))
    }
}
