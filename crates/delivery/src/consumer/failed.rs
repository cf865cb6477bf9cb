//! What becomes of a message whose handler failed: parked, to be tried again, or a dead letter.

use std::panic::{AssertUnwindSafe, catch_unwind};

use catalogue::Kind;
use messaging::Failure;
use store::Work;

use super::batch::{Batch, Report, Undone};
use super::parked::{self, As};
use super::sort::Taken;
use crate::dead::{self, Attempt, Letter, Reason};
use crate::policy::Mode;

impl Batch {
    /// An event failed: parked, or a dead letter. Whether its lane is kept waiting.
    pub(super) async fn fail(&self, work: &mut Work, taken: &Taken, failure: Failure, report: &mut Report) -> Result<bool, Undone> {
        let policy = &self.consumer.policy;
        let lane = taken.lane();
        let error = failure.to_string();
        let final_ = match &failure {
            Failure::Dead { .. } => Some(self.reason_of_death(taken)),
            _ if policy.attempts <= 1 || policy.mode == Mode::AtMostOnce => Some(Reason::Exhausted),
            _ => None,
        };
        let Some(reason) = final_ else {
            let after = match failure {
                Failure::Retry { after: Some(after), .. } => i64::try_from(after.as_micros()).unwrap_or(i64::MAX),
                _ => policy.wait_after_us(1),
            };
            let next_at_us = work.now_us().saturating_add(after);
            tracing::warn!(
                consumer = self.actor,
                event_id = taken.envelope.id,
                event_type = taken.envelope.type_,
                key = taken.envelope.key,
                correlation_id = taken.envelope.correlation_id,
                trace_id = taken.envelope.trace.trace_id(),
                error,
                "failed; parked"
            );
            parked::park(work, &self.actor, taken, As::Failed { error: &error, next_at_us }).await?;
            report.retried += 1;
            report.parked.push((lane, next_at_us));
            return Ok(true);
        };
        let attempts = vec![Attempt::new(work.now_us(), &error)];
        self.bury(work, taken, reason, attempts, &error, report).await?;
        let keeps_lane = taken.envelope.kind == Kind::Event;
        if keeps_lane {
            parked::park(work, &self.actor, taken, As::Dead { error: &error }).await?;
            report.parked.push((lane, i64::MAX));
        }
        Ok(keeps_lane)
    }

    /// Why an event died at once: nobody knows its type, or its handler said so.
    pub(super) fn reason_of_death(&self, taken: &Taken) -> Reason {
        if taken.foreign.is_none() && self.handler(taken).is_err() { Reason::UnknownType } else { Reason::Rejected }
    }

    pub(super) async fn bury(
        &self,
        work: &mut Work,
        taken: &Taken,
        reason: Reason,
        attempts: Vec<Attempt>,
        error: &str,
        report: &mut Report,
    ) -> Result<(), Undone> {
        let mut letter = Letter::about(&self.actor, &taken.envelope, &taken.original.subject, &taken.original.headers);
        letter.reason = reason;
        letter.attempts = attempts;
        error.clone_into(&mut letter.error);
        report.dead.push(dead::write(work, letter).await?);
        // An exhausted command does not park: its saga is told, so that the compensation behind it runs.
        if taken.envelope.kind == Kind::Command
            && let Some(reply) = &self.consumer.failed
        {
            // Redriven, the command leads to something else than this: the ids must differ, and again when it dies once more.
            let actor = format!("{}/failed-{}", self.actor, work.now_us());
            work.acting_as(actor, |work| {
                // The letter is kept, and the consumer goes on; the saga learns from its timer.
                if catch_unwind(AssertUnwindSafe(|| reply(work, &taken.envelope, error))).is_err() {
                    tracing::error!(consumer = self.actor, event_id = taken.envelope.id, "the failure reply panicked: nobody is told");
                }
            });
        }
        Ok(())
    }
}
