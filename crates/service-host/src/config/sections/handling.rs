//! How messages are handled: tried again, remembered, and how long a saga waits.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// `[retention]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Retention {
    /// Days that an answer is given again for its request id.
    pub requests_days: u64,
    /// Days that a command is refused after it was undone; longer than the streams' seven.
    pub tombstones_days: u64,
}

impl Default for Retention {
    fn default() -> Self {
        Self { requests_days: 30, tombstones_days: 30 }
    }
}

/// `[retry]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Retry {
    /// Attempts in all, the first included.
    pub attempts: u32,
    /// Milliseconds before the second attempt, the third and so on; the last one stands for all that follow.
    pub backoff_ms: Vec<u64>,
    /// Each wait is longer or shorter by up to this share, 0 to 1.
    pub jitter: f64,
}

impl Default for Retry {
    fn default() -> Self {
        Self { attempts: 4, backoff_ms: vec![1_000, 2_000, 4_000], jitter: 0.2 }
    }
}

/// `[consumers.<name>]`: attempts and waits that are not set are those of `[retry]`, the rest is the consumer's own default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Consumer {
    /// As in `[retry]`.
    pub attempts: Option<u32>,
    /// As in `[retry]`.
    pub backoff_ms: Option<Vec<u64>>,
    /// Messages that wait here to be taken.
    pub prefetch: Option<usize>,
    /// Events of one transaction at most.
    pub batch: Option<usize>,
    /// How often an event takes effect.
    pub mode: Option<Mode>,
}

/// How often an event takes effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// In one transaction with the position.
    ExactlyOnce,
    /// The effect first: killed before the position it repeats.
    AtLeastOnce,
    /// The position first: killed before the effect it loses.
    AtMostOnce,
}

/// `[saga]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Saga {
    /// Milliseconds that one step may take before it counts as failed.
    pub step_timeout_ms: u64,
    /// Milliseconds from the start to the last step.
    pub timeout_ms: u64,
}

impl Default for Saga {
    fn default() -> Self {
        Self { step_timeout_ms: 30_000, timeout_ms: 120_000 }
    }
}

impl Saga {
    /// [`step_timeout_ms`](Self::step_timeout_ms).
    pub fn step_timeout(&self) -> Duration {
        Duration::from_millis(self.step_timeout_ms)
    }

    /// [`timeout_ms`](Self::timeout_ms).
    pub fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout_ms)
    }
}
