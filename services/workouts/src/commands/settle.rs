//! What was found in a recording, written down: samples, laps, metrics, and the news of it; or why it cannot be used.

use std::sync::Arc;

use contracts_workouts::v1 as events;
use messaging::Cause;
use store::{StoreError, Work};

use super::Book;
use crate::domain::{self, Data, Heart, Recording, Refused, Rejection};
use crate::store::{self as rows, Known, Outcome, Who};
use crate::wire;

/// What a recording turned out to be.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// Of use.
    Good(Arc<Recording>),
    /// Of none.
    Refused(Refused),
}

/// Settles a recording, once: the same bytes again change nothing, a workout that is gone stays so.
pub async fn settle(
    work: &mut Work,
    cause: &Cause,
    who: &Who,
    data: &Data,
    time_zone: Option<String>,
    verdict: &Verdict,
    heart: Heart,
) -> Result<(), StoreError> {
    let known = rows::find_known(work, &who.user_id, &data.sha256).await?;
    if known.is_some_and(|known| known != Known { workout_id: who.workout_id.clone(), outcome: Outcome::Pending }) {
        tracing::debug!(who.user_id, who.workout_id, data.sha256, "these bytes were here before");
        return Ok(());
    }
    let mut book = Book::of(work, who, heart).await?;
    let existing = book.workout(who);
    let decision = match verdict {
        Verdict::Good(recording) => domain::record(existing, data.clone(), recording, time_zone, heart),
        Verdict::Refused(refused) => domain::refuse(existing, data.clone(), refused.reason),
    };
    let after = match decision {
        Ok(after) => after,
        Err(Rejection::Deleted) => return Ok(()),
        Err(other) => return Err(StoreError::Refused(other.to_string())),
    };
    let reference = Some(wire::data(data));
    let (user_id, workout_id) = (who.user_id.clone(), who.workout_id.clone());
    let outcome = match verdict {
        Verdict::Good(_) => Outcome::Processed,
        Verdict::Refused(refused) => Outcome::Refused(refused.clone()),
    };
    rows::put_known(work, who, &data.sha256, &outcome).await?;
    match verdict {
        Verdict::Good(recording) => {
            rows::put_series(work, who, recording).await?;
            let samples = recording.samples.len().try_into().unwrap_or(u32::MAX);
            work.emit(cause, &events::WorkoutAnalysisRequested { user_id, workout_id, data: reference, samples });
        }
        Verdict::Refused(refused) => {
            let (reason, detail) = (refused.reason.to_string(), refused.detail.clone());
            work.emit(cause, &events::WorkoutDataRefused { user_id, workout_id, data: reference, reason, detail });
        }
    }
    if let Some(after) = after {
        book.change(work, cause, who, after);
        book.close(work).await?;
    }
    Ok(())
}
