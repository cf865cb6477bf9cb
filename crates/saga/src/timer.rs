//! Names of a saga's timers, as they stand in the store.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What a timer waits for. Written `saga`, `do/charge/1`, `undo/charge/2`: with the attempt, so that one that fires late hits nothing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Timer {
    /// All steps done.
    Saga,
    /// The answer to a step's command.
    Do {
        /// The step.
        step: String,
        /// Which sending of it, from 1.
        attempt: u32,
    },
    /// The answer to an undo.
    Undo {
        /// The step.
        step: String,
        /// Which sending of it, from 1.
        attempt: u32,
    },
}

/// This is no timer of a saga.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a saga's timer: {0:?}")]
pub struct ParseTimerError(String);

impl fmt::Display for Timer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Saga => write!(f, "saga"),
            Self::Do { step, attempt } => write!(f, "do/{step}/{attempt}"),
            Self::Undo { step, attempt } => write!(f, "undo/{step}/{attempt}"),
        }
    }
}

impl FromStr for Timer {
    type Err = ParseTimerError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = || ParseTimerError(text.to_owned());
        if text == "saga" {
            return Ok(Self::Saga);
        }
        let (kind, rest) = text.split_once('/').ok_or_else(bad)?;
        let (step, attempt) = rest.rsplit_once('/').ok_or_else(bad)?;
        let (step, attempt) = (step.to_owned(), attempt.parse().map_err(|_| bad())?);
        match kind {
            "do" => Ok(Self::Do { step, attempt }),
            "undo" => Ok(Self::Undo { step, attempt }),
            _ => Err(bad()),
        }
    }
}

impl From<Timer> for String {
    fn from(timer: Timer) -> Self {
        timer.to_string()
    }
}

impl TryFrom<String> for Timer {
    type Error = ParseTimerError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}
