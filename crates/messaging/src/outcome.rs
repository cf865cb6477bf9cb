//! What becomes of an event in a consumer. An error is never a drop.

use std::time::Duration;

/// The event's effect is part of the transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Done;

/// Why there is no effect, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// Something may be better later (a store, a provider): the key is parked and tried again.
    #[error("{error}")]
    Retry {
        /// Wait at least this long; `None` = the consumer's back-off.
        after: Option<Duration>,
        /// What went wrong, for the attempt's record.
        error: String,
    },
    /// It will never be better: a dead letter, at once.
    #[error("{reason}")]
    Dead {
        /// Why, naming the field where there is one.
        reason: String,
    },
    /// Everyone is affected (a database or a provider is down): the consumer pauses and no attempt is counted.
    #[error("{error}")]
    Unavailable {
        /// What is unavailable.
        error: String,
    },
}

impl Failure {
    /// A failure to be tried again with the consumer's back-off.
    pub fn retry(error: impl std::fmt::Display) -> Self {
        Self::Retry { after: None, error: error.to_string() }
    }

    /// A failure that no repetition mends.
    pub fn dead(reason: impl std::fmt::Display) -> Self {
        Self::Dead { reason: reason.to_string() }
    }
}

/// What a handler answers for one event.
pub type Outcome = Result<Done, Failure>;
