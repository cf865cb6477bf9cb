//! The `recordings` table: which files of a user are known, and what became of them.

use store::{Row, StoreError, Work, params};

use super::Who;
use crate::domain::{Reason, Refused};

/// A file that is known.
#[derive(Clone, Debug, PartialEq)]
pub struct Known {
    /// The workout that it is of.
    pub workout_id: String,
    pub outcome: Outcome,
}

/// What became of a file.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It is kept, and will be read.
    Pending,
    /// It was read.
    Processed,
    /// It cannot be used.
    Refused(Refused),
}

impl Known {
    fn read(row: &Row) -> Result<Self, StoreError> {
        let state: String = row.get("state")?;
        let outcome = match state.as_str() {
            "pending" => Outcome::Pending,
            "processed" => Outcome::Processed,
            _ => {
                let reason: String = row.get("reason")?;
                let known = Reason::ALL.into_iter().find(|it| it.as_str() == reason);
                let reason = known.ok_or_else(|| StoreError::Refused(format!("recordings: reason {reason}")))?;
                Outcome::Refused(Refused { reason, detail: row.get("detail")? })
            }
        };
        Ok(Self { workout_id: row.get("workout_id")?, outcome })
    }
}

/// The user's file of these bytes, if there is one.
pub async fn find_known(work: &mut Work, user_id: &str, sha256: &str) -> Result<Option<Known>, StoreError> {
    let sql = format!("SELECT workout_id, state, reason, detail FROM recordings WHERE user_id = $1 AND sha256 = $2{}", work.for_update());
    work.row(&sql, params![user_id, sha256]).await?.as_ref().map(Known::read).transpose()
}

/// Writes down what became of it.
pub async fn put_known(work: &mut Work, who: &Who, sha256: &str, outcome: &Outcome) -> Result<(), StoreError> {
    let (state, reason, detail) = match outcome {
        Outcome::Pending => ("pending", "", ""),
        Outcome::Processed => ("processed", "", ""),
        Outcome::Refused(refused) => ("refused", refused.reason.as_str(), refused.detail.as_str()),
    };
    let sql = "INSERT INTO recordings (user_id, sha256, workout_id, state, reason, detail, updated_at_us) VALUES ($1, $2, $3, $4, $5, $6, $7) \
               ON CONFLICT (user_id, sha256) DO UPDATE SET workout_id = excluded.workout_id, state = excluded.state, reason = excluded.reason, \
               detail = excluded.detail, updated_at_us = excluded.updated_at_us";
    let now = work.now_us();
    work.execute(sql, params![&who.user_id, sha256, &who.workout_id, state, reason, detail, now]).await.map(|_| ())
}

/// The workout is gone: its files are nobody's, and may come again as another one's.
pub async fn forget_known(work: &mut Work, who: &Who) -> Result<(), StoreError> {
    let sql = "DELETE FROM recordings WHERE user_id = $1 AND workout_id = $2";
    work.execute(sql, params![&who.user_id, &who.workout_id]).await.map(|_| ())
}
